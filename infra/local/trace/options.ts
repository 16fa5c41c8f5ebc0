import { resolve } from 'node:path';
import { readOptions, UsageError } from '../../command-line.ts';
import { requireBootstrapServers } from '../server-options.ts';
import { readStoreOptions, type StoreOptions } from '../verify/store-options.ts';

export const USAGE = `usage: npx headwater trace --request-id ID [options]
finds the events of a request: partition, offset, and the line of the object that holds each, or that it is not stored yet

  --request-id ID                X-Request-Id of the response; a batch has one for all its lines
  --line N                       only line N of a batch, from 1
  --since DURATION               how long ago the request was sent at most, as 90s, 30m, 1h or 7d    (1h)
  --state DIR                    looks in the pipeline of up                                         (.headwater)
  --store s3://BUCKET[/PREFIX]   looks in this bucket instead; credentials and region come from the AWS SDK's
                                 standard chain (AWS_ACCESS_KEY_ID, AWS_REGION, ...)
  --endpoint URL                 the store's address, unless it is AWS
  --kafka HOST:PORT,...          looks also for what is not stored yet, besides --store; logs in as the consumer does
                                 (KAFKA_TLS_CA_FILE, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD_FILE)
  --topic NAME                   of the events                                                       (events)
  --json                         one line of JSON on standard output

exit codes: 0 found, 1 not accepted in this time, 2 that cannot be said, or the command line is wrong
`;

export interface TraceOptions {
  readonly requestId: string;
  readonly line: number | undefined;
  readonly sinceMs: number;
  readonly topic: string;
  readonly json: boolean;
  /** The state directory of a pipeline on this machine, or where else to look. */
  readonly source: { readonly state: string } | (StoreOptions & { readonly kafka: string | undefined });
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MAX_DAYS = 3_650;

/** @returns undefined if help was requested. @throws {UsageError} */
export function parseOptions(args: readonly string[]): TraceOptions | undefined {
  const { values } = readOptions(args, {
    'request-id': { type: 'string' },
    line: { type: 'string' },
    since: { type: 'string' },
    state: { type: 'string' },
    store: { type: 'string' },
    endpoint: { type: 'string' },
    kafka: { type: 'string' },
    topic: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values.help === true) return undefined;
  const { 'request-id': requestId, line, since = '1h', topic = 'events', json = false } = values;
  if (requestId === undefined) throw new UsageError('--request-id is missing');
  if (!/^[\x21-\x7e]{1,128}$/.test(requestId)) {
    throw new UsageError(
      `--request-id must have 1 to 128 visible ASCII characters, got ${JSON.stringify(requestId)}: ` +
        'the producer gives another request an id of its own, which the response has as X-Request-Id',
    );
  }
  if (line !== undefined && !/^[1-9]\d{0,14}$/.test(line)) {
    throw new UsageError(`--line must be a whole number from 1 on, got ${line}`);
  }
  if (!/^(?!\.{1,2}$)[\w.-]{1,249}$/.test(topic)) {
    throw new UsageError(`--topic must be the name of a topic, got ${JSON.stringify(topic)}`);
  }
  return {
    requestId,
    line: line === undefined ? undefined : Number(line),
    sinceMs: durationMs('since', since),
    topic,
    json,
    source: readSource(values),
  };
}

function readSource(values: {
  readonly state?: string | undefined;
  readonly store?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly kafka?: string | undefined;
}): TraceOptions['source'] {
  const { state, store, endpoint, kafka } = values;
  if (store === undefined) {
    for (const option of ['endpoint', 'kafka'] as const) {
      if (values[option] !== undefined) throw new UsageError(`--${option} belongs to --store: give both`);
    }
    return { state: resolve(state ?? '.headwater') };
  }
  if (state !== undefined) throw new UsageError('--store is another pipeline than --state: leave one out');
  if (kafka !== undefined) requireBootstrapServers(kafka);
  return { ...readStoreOptions(store, endpoint), kafka };
}

/** @throws {UsageError} */
function durationMs(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * UNIT_MS[(unit ?? 's') as keyof typeof UNIT_MS];
  if (ms > 0 && ms <= MAX_DAYS * UNIT_MS.d) return ms;
  throw new UsageError(
    `--${option} must be a duration such as 90s, 30m, 1h or 7d, of at most ${MAX_DAYS}d, got ${JSON.stringify(text)}`,
  );
}
