import type { ParseArgsOptionsConfig } from 'node:util';
import { readOptions, UsageError } from '../../command-line.ts';
import { bucketName } from '../../environments/names.ts';
import type { Metadata } from '../kafka-properties.ts';
import { requireBootstrapServers, requireEndpoint } from '../server-options.ts';
import type { StatusOptions } from '../status/command.ts';

export interface UpOptions {
  /** Bootstrap servers of the user's own, `host:port` separated by commas, or what to start. */
  readonly kafka: string | OwnKafka;
  readonly store: UserStore | undefined;
  /** What to send: the sample, a file of one JSON text a line, or nothing. */
  readonly events: 'sample' | 'none' | { readonly file: string };
  readonly once: boolean;
  readonly json: boolean;
  readonly detach: boolean;
  readonly state: string;
  /** 0: any free one. */
  readonly port: number;
}

/** The cluster that is started here. */
export interface OwnKafka {
  readonly brokers: 1 | 3;
  readonly metadata: Metadata;
}

/** The user's own bucket; no object store is started then. */
export interface UserStore {
  readonly bucket: string;
  readonly prefix: string;
  /** URL; undefined for AWS itself. */
  readonly endpoint: string | undefined;
}

export type Command =
  | { readonly name: 'up'; readonly options: UpOptions }
  | { readonly name: 'down'; readonly state: string }
  | { readonly name: 'status'; readonly options: StatusOptions }
  | { readonly name: 'help'; readonly usage: string };

export const USAGE = {
  up: `usage: npx headwater up [options]
runs the pipeline on this machine until Ctrl-C; demo is the same with --once

  --once                 end when the store has every sent event; exit code 0 only then
  --input FILE           send FILE, one JSON text per line, instead of the sample
  --no-sample            send nothing
  --brokers 1|3          three brokers replicate to all three                    (1)
  --metadata zookeeper|kraft   Kafka 3.9 with ZooKeeper, or Kafka 4 without      (zookeeper)
  --kafka HOST:PORT,...  use this Kafka instead of starting one
  --store s3://BUCKET[/PREFIX]   use this bucket instead of starting a store; credentials from the environment
  --endpoint URL         address of that bucket, unless at AWS
  --port PORT            of the HTTP endpoint; 0 selects any free one            (8080)
  --state DIR            data, logs and credentials                              (.headwater)
  --json                 the closing figures as one line of JSON on standard output
  --detach               return when the pipeline runs
`,
  down: `usage: npx headwater down [options]
stops the pipeline of up --detach

  --state DIR   of that pipeline   (.headwater)
`,
  status: `usage: npx headwater status [options]
says what is wrong with the running pipeline, and each partition's lag and time until Kafka deletes what is not stored;
exit code 0 only if it runs and nothing is wrong

  --state DIR   of that pipeline                                      (.headwater)
  --json        one line of JSON on standard output
  --serve       a page with plots of the last hour, for a browser on this machine, until Ctrl-C
  --port PORT   of the page; 0 selects any free one                   (8082)
`,
} as const;

const stateOption = { state: { type: 'string' } } as const satisfies ParseArgsOptionsConfig;
const optionsOf = {
  up: {
    ...stateOption,
    once: { type: 'boolean' },
    input: { type: 'string' },
    'no-sample': { type: 'boolean' },
    brokers: { type: 'string' },
    metadata: { type: 'string' },
    kafka: { type: 'string' },
    store: { type: 'string' },
    endpoint: { type: 'string' },
    port: { type: 'string' },
    json: { type: 'boolean' },
    detach: { type: 'boolean' },
  },
  down: stateOption,
  status: {
    ...stateOption,
    json: { type: 'boolean' },
    serve: { type: 'boolean' },
    port: { type: 'string' },
  },
} as const;

const DEFAULT_STATE = '.headwater';

/** Those that npm has no use of its own for: it takes options before `--` for itself, and hands them on in variables. */
const NOT_NPMS = [
  'once',
  'input',
  'brokers',
  'metadata',
  'kafka',
  'store',
  'endpoint',
  'detach',
  'state',
  'stack',
];

/** @throws {UsageError} */
export function parseCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Command {
  const [name, ...rest] = args;
  const taken = NOT_NPMS.find((option) => env[`npm_config_${option}`] !== undefined);
  if (taken !== undefined) {
    throw new UsageError(`npm consumed --${taken}: write -- before it, as in npm run up -- --${taken}`);
  }
  switch (name) {
    case 'up': {
      if (rest.some((arg) => arg === '--stack' || arg.startsWith('--stack='))) {
        throw new UsageError('--stack is for deploy: npm run deploy -- --stack NAME');
      }
      const { values } = readOptions(rest, optionsOf.up);
      return values.help ? { name: 'help', usage: USAGE.up } : { name, options: upOptions(values) };
    }
    case 'down': {
      const { help, state = DEFAULT_STATE } = readOptions(rest, optionsOf.down).values;
      return help ? { name: 'help', usage: USAGE.down } : { name, state };
    }
    case 'status': {
      const { values } = readOptions(rest, optionsOf.status);
      return values.help ? { name: 'help', usage: USAGE.status } : { name, options: statusOptions(values) };
    }
    default:
      throw new UsageError(`command must be up, down or status, got ${name ?? 'none'}`);
  }
}

function statusOptions(values: {
  readonly state?: string | undefined;
  readonly json?: boolean | undefined;
  readonly serve?: boolean | undefined;
  readonly port?: string | undefined;
}): StatusOptions {
  const { state = DEFAULT_STATE, json = false, serve = false } = values;
  if (serve && json) throw new UsageError('--serve answers /status.json as well: leave out --json');
  if (!serve && values.port !== undefined) throw new UsageError('--port is of the page: give --serve too');
  return { state, json, page: serve ? port(values.port ?? '8082') : undefined };
}

type UpValues = ReturnType<typeof readOptions<(typeof optionsOf)['up']>>['values'];

function upOptions(values: UpValues): UpOptions {
  const { kafka, input, once = false, detach = false, 'no-sample': nothing = false } = values;
  for (const option of ['brokers', 'metadata'] as const) {
    if (kafka !== undefined && values[option] !== undefined) {
      throw new UsageError(`--${option} applies only to the local Kafka: omit it with --kafka`);
    }
  }
  if (kafka !== undefined) requireBootstrapServers(kafka);
  if (once && detach) throw new UsageError('--once ends by itself: leave out --detach');
  if (once && nothing) throw new UsageError('--once needs something to send: leave out --no-sample');
  if (input !== undefined && nothing) throw new UsageError('--input is sent: leave out --no-sample');
  const brokers = choice('brokers', values.brokers, ['1', '3']) === '3' ? 3 : 1;
  const metadata = choice('metadata', values.metadata, ['zookeeper', 'kraft']) ?? 'zookeeper';
  return {
    kafka: kafka ?? { brokers, metadata },
    store: userStore(values.store, values.endpoint),
    events: nothing ? 'none' : input === undefined ? 'sample' : { file: input },
    once,
    json: values.json ?? false,
    detach,
    state: values.state ?? DEFAULT_STATE,
    port: port(values.port ?? '8080'),
  };
}

function userStore(store: string | undefined, endpoint: string | undefined): UserStore | undefined {
  if (store === undefined) {
    if (endpoint !== undefined) throw new UsageError('--endpoint is the address of --store: give both');
    return undefined;
  }
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(store) ?? [];
  if (bucket === undefined)
    throw new UsageError(`--store must be s3://BUCKET or s3://BUCKET/PREFIX, got ${store}`);
  const named = bucketName.safeParse(bucket);
  if (!named.success) {
    const [{ message } = { message: '' }] = named.error.issues;
    throw new UsageError(`--store: BUCKET must be ${message}, got ${bucket}`);
  }
  if (endpoint !== undefined) requireEndpoint(endpoint);
  return { bucket, prefix: prefix === '' ? 'events' : prefix, endpoint };
}

function port(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 65_535)) throw new UsageError(`--port must be a whole number from 0 to 65535, got ${text}`);
  return number;
}

function choice<const Choice extends string>(
  option: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  const found = choices.find((candidate) => candidate === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(`--${option} must be ${choices.join(' or ')}, got ${text}`);
  }
  return found;
}
