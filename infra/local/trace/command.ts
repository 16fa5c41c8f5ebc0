import type { KafkaConnection } from '../../../apps/kafka/config.ts';
import type { Host } from '../host.ts';
import { State } from '../up/state.ts';
import type { Terminal } from '../up/terminal.ts';
import { connectStore, readCredentials, type StoreOptions } from '../verify/store-options.ts';
import { connectionTo } from './kafka-connection.ts';
import { parseOptions, USAGE, type TraceOptions } from './options.ts';
import { renderTrace } from './render.ts';
import { trace } from './trace.ts';

/** A search that ends sooner shows no progress. */
const QUIET_MS = 2_000;
const EXIT_CODES = { found: 0, 'not-accepted': 1, undecided: 2 } as const;

export interface TraceContext {
  readonly host: Host;
  readonly terminal: Terminal;
}

/** The subcommand `trace`. @returns the exit code. @throws if the command line is wrong or the store cannot be read */
export async function traceCommand(
  args: readonly string[],
  { host, terminal }: TraceContext,
): Promise<0 | 1 | 2> {
  const options = parseOptions(args);
  if (options === undefined) {
    terminal.result(USAGE.trimEnd());
    return 0;
  }
  const { store, topic, kafka } = readPipeline(options, host);
  const client = connectStore(store, host.env, store.credentials);
  const began = performance.now();
  const progress = (text: string): void => {
    if (performance.now() - began > QUIET_MS) terminal.step(text);
  };
  try {
    const { requestId, line, sinceMs } = options;
    const request = { requestId, line, topic, sinceMs, now: Date.now() };
    const found = await trace(request, { client, location: store.location, kafka }, progress);
    terminal.result(options.json ? JSON.stringify(found) : renderTrace(found).trimEnd());
    return EXIT_CODES[found.answer];
  } catch (error) {
    throw named(error, store);
  } finally {
    client.destroy();
  }
}

interface TracedPipeline {
  readonly store: StoreOptions & { readonly credentials?: Readonly<Record<string, string | undefined>> };
  readonly kafka: KafkaConnection | undefined;
  readonly topic: string;
}

function readPipeline({ source, topic }: TraceOptions, host: Host): TracedPipeline {
  if (!('state' in source)) {
    const kafka = source.kafka === undefined ? undefined : connectionTo(source.kafka, host.env);
    return { store: source, kafka, topic };
  }
  const { running, directory } = new State(source.state, host);
  if (running === undefined) {
    throw new Error(`nothing runs on ${directory}: start it with npm run up, or give --store`);
  }
  const { bucket, prefix, endpoint, credentialsFile } = running.store;
  const credentials = readCredentials(credentialsFile);
  return {
    store: { location: { bucket, prefix }, endpoint, ...(credentials && { credentials }) },
    kafka: connectionTo(running.kafka),
    topic: running.topic,
  };
}

/** What the store answers, for a person who has its address only. */
function named(error: unknown, { location, endpoint }: StoreOptions): unknown {
  if (!(error instanceof Error) || !('$metadata' in error || 'code' in error)) return error;
  const at = endpoint ?? 'AWS';
  if (error.name === 'NoSuchBucket') {
    return new Error(`--store: bucket ${location.bucket} does not exist at ${at}`, { cause: error });
  }
  return new Error(`the store at ${at} cannot be read: ${error.message || error.name}`, { cause: error });
}
