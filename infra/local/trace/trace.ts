import type { S3Client } from '@aws-sdk/client-s3';
import type { KafkaConnection } from '../../../apps/kafka/config.ts';
import type { StoreLocation } from '../verify/store-reader.ts';
import { Findings, type Place, type Wanted } from './findings.ts';
import { LogSearch } from './search-log.ts';
import { StoreSearch } from './search-store.ts';

/**
 * How much earlier than asked for a time may be: clocks differ, and the records of several producers do not stand in the
 * order of their times.
 */
const ALLOWANCE_MS = 600_000;

export interface TraceRequest extends Omit<Wanted, 'since'> {
  readonly sinceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface TraceSource {
  readonly client: S3Client;
  readonly location: StoreLocation;
  /** Undefined where Kafka is not looked at. */
  readonly kafka: KafkaConnection | undefined;
}

/** Where the events of a request are; `--json` prints it unchanged. */
export interface Trace {
  readonly requestId: string;
  readonly line?: number;
  readonly topic: string;
  /** The time of the search, ISO 8601. */
  readonly since: string;
  readonly until: string;
  /**
   * `not-accepted`: every record of the time was looked at, and none is of this request. `undecided`: nothing was found,
   * and {@link unknown} says what was not looked at.
   */
  readonly answer: 'found' | 'not-accepted' | 'undecided';
  readonly events: readonly Place[];
  /** Events that were found beyond those listed. */
  readonly omitted: number;
  readonly looked: Findings['looked'];
  readonly unknown: readonly string[];
}

/** @throws the store's error if it cannot be read; what is wrong with Kafka is part of the answer */
export async function trace(
  { sinceMs, now, ...sought }: TraceRequest,
  { client, location, kafka }: TraceSource,
  progress: (text: string) => void,
): Promise<Trace> {
  const wanted = { ...sought, since: now - sinceMs - ALLOWANCE_MS };
  const findings = new Findings(wanted);
  const store = new StoreSearch({ client, location, wanted, findings, progress });
  await store.search();
  if (kafka === undefined) {
    findings.unknown('Kafka was not looked at (--kafka): an event may be accepted and not stored yet');
  } else {
    await searchLog(kafka, store, { wanted, findings, progress });
  }
  if (findings.looked.chains === 0 && kafka === undefined) {
    findings.unknown(
      `there is no object of topic ${wanted.topic} in s3://${location.bucket}/${location.prefix}`,
    );
  }
  const { places: events, unknowns: unknown, omitted, looked } = findings;
  return {
    requestId: wanted.requestId,
    ...(wanted.line === undefined ? {} : { line: wanted.line }),
    topic: wanted.topic,
    since: new Date(now - sinceMs).toISOString(),
    until: new Date(now).toISOString(),
    answer: events.length > 0 ? 'found' : unknown.length > 0 ? 'undecided' : 'not-accepted',
    events,
    omitted,
    looked,
    unknown,
  };
}

async function searchLog(
  connection: KafkaConnection,
  store: StoreSearch,
  shared: Pick<ConstructorParameters<typeof LogSearch>[0], 'wanted' | 'findings' | 'progress'>,
): Promise<void> {
  const {
    findings,
    wanted: { topic },
  } = shared;
  const log = new LogSearch({ ...shared, connection, endsOf: (topicId) => store.endsOf(topicId) });
  try {
    const topicId = await log.search();
    const unstored = findings.places.filter(({ object }) => object === undefined);
    for (const other of store.recentTopicIds) {
      if (other === topicId) continue;
      findings.unknown(
        `Kafka has no topic ${topic} with the id ${other} any more: an event that it held and no object has is lost`,
      );
    }
    // The consumer may have stored them meanwhile.
    await store.searchAgain(topicId, new Set(unstored.map(({ partition }) => partition)));
  } catch (error) {
    if (isStoreError(error)) throw error;
    const servers = connection.bootstrapBrokers.join(',');
    const reason = error instanceof Error ? error.message : String(error);
    findings.unknown(
      `Kafka at ${servers} was not looked at (${reason}): an event may be accepted and not stored yet`,
    );
  } finally {
    log.close();
  }
}

/** Errors of the AWS SDK say what it knows of their response. */
function isStoreError(error: unknown): boolean {
  return error instanceof Error && '$metadata' in error;
}
