import type { S3Client } from '@aws-sdk/client-s3';
import { connectionTo } from '../trace/kafka-connection.ts';
import { byPartition, consumerFigures, producerFigures, readMetrics } from '../up/figures.ts';
import { ratesOf, type Sample } from '../up/history.ts';
import type { Running } from '../up/state.ts';
import { readChainEnds } from './chain-ends.ts';
import { readKafka, type ChainEnds, type KafkaState } from './kafka-state.ts';
import { findProblems, type PartitionStatus, type ProgramStatus, type StatusReport } from './report.ts';

const RATE_MS = 60_000;
const TIMEOUT_MS = 5_000;

export interface CollectOptions {
  readonly running: Running;
  readonly samples: readonly Sample[];
  readonly client: S3Client;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Ends = ReadonlyMap<number, number>;

/** Asks the programs, Kafka and the store. Whatever does not answer becomes part of the report. */
export async function collectStatus({
  running,
  samples,
  client,
  now,
}: CollectOptions): Promise<StatusReport> {
  const [producer, consumer, producerState, consumerState] = await Promise.all([
    readMetrics(running.producer).catch(() => undefined),
    readMetrics(running.consumer).catch(() => undefined),
    readProgram('producer', running.producer),
    readProgram('consumer', running.consumer),
  ]);
  const owned: Ends | undefined =
    consumer === undefined ? undefined : byPartition(consumer, 'headwater_consumer_stored_offset');
  let storeAway: string | undefined;
  const endsOf = async (topicId: string): Promise<ChainEnds> => {
    try {
      // Of partitions that no consumer owns, only the store knows the end.
      const stored = await readChainEnds(client, running.store, running.topic, topicId);
      return { ends: new Map([...stored, ...(owned ?? [])]), areAll: true };
    } catch (error) {
      storeAway = messageOf(error);
      return { ends: owned ?? new Map<number, number>(), areAll: false };
    }
  };
  let kafkaAway: string | undefined;
  let kafka: KafkaState | undefined;
  try {
    kafka = await readKafka(connectionTo(running.kafka), running.topic, endsOf);
  } catch (error) {
    kafkaAway = messageOf(error);
  }
  const report: Omit<StatusReport, 'problems'> = {
    at: new Date(now).toISOString(),
    programs: [producerState, consumerState],
    ...(producer !== undefined && producerFigures(producer)),
    ...(consumer !== undefined && consumerFigures(consumer)),
    rates: ratesOf(samples, RATE_MS, now),
    partitions: describePartitions({ consumer, owned, kafka, now }),
    ...(kafka?.retentionMs !== undefined && { retentionSeconds: kafka.retentionMs / 1000 }),
    ...(kafkaAway !== undefined && { kafkaAway }),
    ...(storeAway !== undefined && { storeAway }),
    versions: { ...running.versions, ...nodeVersion(consumer ?? producer) },
    samples,
  };
  return { ...report, problems: findProblems(report) };
}

interface Sources {
  /** Metrics of the consumer. */
  readonly consumer: string | undefined;
  readonly owned: Ends | undefined;
  readonly kafka: KafkaState | undefined;
  readonly now: number;
}

function describePartitions({ consumer, owned, kafka, now }: Sources): PartitionStatus[] {
  const of = (name: string): Ends =>
    consumer === undefined ? new Map() : byPartition(consumer, `headwater_consumer_${name}`);
  const [lags, stopped, lost] = [of('lag_records'), of('partition_stopped'), of('gap_offsets_total')];
  const logs = new Map((kafka?.logs ?? []).map((log) => [log.partition, log]));
  const partitions = [...new Set([...logs.keys(), ...(owned?.keys() ?? [])])].sort((a, b) => a - b);
  return partitions.map((partition) => {
    const { end: logEnd, unstoredSince, stored = owned?.get(partition) } = logs.get(partition) ?? {};
    // Kafka that does not answer has no newer end than the consumer's.
    const lag =
      logEnd === undefined || stored === undefined ? lags.get(partition) : Math.max(0, logEnd - stored);
    const waiting = unstoredSince === undefined ? undefined : Math.max(0, (now - unstoredSince) / 1000);
    const retention = kafka?.retentionMs;
    return {
      partition,
      state: stateOf(owned, stopped, partition),
      ...(stored !== undefined && { stored }),
      ...(logEnd !== undefined && { logEnd }),
      ...(lag !== undefined && { lag }),
      ...(waiting !== undefined && { waitingSeconds: waiting }),
      ...(waiting !== undefined &&
        retention !== undefined && { secondsUntilLoss: retention / 1000 - waiting }),
      ...(lost.has(partition) && { lost: lost.get(partition) ?? 0 }),
    };
  });
}

/** The Node that the programs run on. */
function nodeVersion(metrics = ''): Readonly<Record<string, string>> {
  const version = /^nodejs_version_info\{version="v([^"]+)"/m.exec(metrics)?.[1];
  return version === undefined ? {} : { Node: version };
}

function stateOf(owned: Ends | undefined, stopped: Ends, partition: number): PartitionStatus['state'] {
  if (owned === undefined) return 'unknown';
  if (stopped.get(partition) === 1) return 'stopped';
  return owned.has(partition) ? 'owned' : 'unowned';
}

async function readProgram(name: ProgramStatus['name'], endpoint: string): Promise<ProgramStatus> {
  try {
    const response = await fetch(`${endpoint}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok ? { name, state: 'ready' } : { name, state: 'not-ready', reason: reasonIn(text) };
  } catch (error) {
    return { name, state: 'away', reason: messageOf(error) };
  }
}

/** `/readyz` has the reason as JSON. */
function reasonIn(text: string): string {
  try {
    const { reason } = JSON.parse(text) as { readonly reason?: unknown };
    return typeof reason === 'string' ? reason : text;
  } catch {
    return text;
  }
}

/** `fetch` has the reason of a failed connection as the cause of its error. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
