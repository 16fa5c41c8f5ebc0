import type { MemoryAccount } from '../service/memory/memory-account.ts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Sources, SourceState } from './sources/sources.ts';

const prefix = 'headwater_producer';

/** Metrics of the delivery to Kafka. */
export interface DeliveryMetrics {
  /**
   * Attempts to produce a batch, by `result`: `stored`, `no_producer_id`, `no_connection`, `no_answer`,
   * `topic_changed` or the name of the broker's error.
   */
  readonly attempts: Counter<'result'>;
  readonly batchRecords: Histogram;
  readonly producerIds: Counter;
}

export function deliveryMetrics(registry: Registry): DeliveryMetrics {
  const registers = [registry];
  return {
    attempts: new Counter({
      name: `${prefix}_produce_attempts_total`,
      help: 'Attempts to produce a batch, by result',
      labelNames: ['result'],
      registers,
    }),
    batchRecords: new Histogram({
      name: `${prefix}_batch_records`,
      help: 'Records in a batch when it is first sent',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers,
    }),
    producerIds: new Counter({
      name: `${prefix}_producer_ids_total`,
      help: 'Producer ids taken: one for each partition, and one more after each unknown outcome',
      registers,
    }),
  };
}

/** Adds gauges whose values are read at each scrape. */
export function addDeliveryGauges(
  registry: Registry,
  {
    budget,
    recordLog,
  }: { readonly budget: MemoryAccount; readonly recordLog: { readonly connections: number } },
): void {
  const add = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `${prefix}_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  add('queue_records', 'Records taken and not yet settled', () => budget.records);
  add('queue_bytes', 'Bytes of the records taken and of the bodies being read', () => budget.bytes);
  add('broker_connections', 'Connections to Kafka', () => recordLog.connections);
}

/**
 * Adds the metrics of sources, which are read at each scrape. Their only label is the name of a source, of which there are as
 * many as were declared.
 */
export function addSourceMetrics(registry: Registry, sources: Pick<Sources, 'states'>): void {
  const add = (kind: typeof Counter | typeof Gauge, name: string, help: string, read: Reading) =>
    new kind({
      name: `${prefix}_${name}`,
      help,
      labelNames: ['source'],
      registers: [registry],
      collect() {
        this.reset();
        for (const state of sources.states) {
          const value = read(state);
          if (value !== undefined) this.inc({ source: state.name }, value);
        }
      },
    });
  add(Counter, 'source_events_total', 'Events admitted, by source', ({ events }) => events);
  add(Counter, 'source_bytes_total', 'Bytes of the events admitted, by source', ({ bytes }) => bytes);
  add(
    Counter,
    'source_over_quota_total',
    'Requests, and lines of batches, refused as above a limit, by source',
    ({ overQuota }) => overQuota,
  );
  add(Gauge, 'source_keys', 'Keys that are valid, by source', ({ keys }) => keys);
  add(
    Gauge,
    'source_keys_broken',
    'Whether the file of keys is not valid, so that the keys from before stay valid, by source',
    ({ keys, broken }) => (keys === undefined ? undefined : Number(broken)),
  );
}

type Reading = (state: SourceState) => number | undefined;

/** Metrics of the HTTP side. */
export interface HttpMetrics {
  /** Records by `route` and `code`: `stored`, or the `error.code` of the response. */
  readonly records: Counter<'route' | 'code'>;
  readonly duration: Histogram<'route' | 'status'>;
  /** Responses of `/upload` by `path`: `fast` before Node's parser, `node` behind it. */
  readonly uploads: Counter<'path'>;
}

/** Every outcome of an event, on either route, that is not an error of the client. */
const OUTCOMES = [
  'stored',
  'broker_unavailable',
  'queue_full',
  'shutting_down',
  'unknown_outcome',
  'internal_error',
];

export function httpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const records = new Counter({
    name: `${prefix}_records_total`,
    help: 'Records answered, by what was answered: stored, or the error code',
    labelNames: ['route', 'code'],
    registers,
  });
  // Prometheus sees an increase only of a series that existed before.
  for (const route of ['/upload', '/upload/batch'])
    for (const code of OUTCOMES) records.inc({ route, code }, 0);
  const uploads = new Counter({
    name: `${prefix}_uploads_total`,
    help: 'Requests to /upload answered, by what read them: fast, before Node’s parser, or node',
    labelNames: ['path'],
    registers,
  });
  for (const path of ['fast', 'node']) uploads.inc({ path }, 0);
  return {
    records,
    uploads,
    duration: new Histogram({
      name: `${prefix}_request_duration_seconds`,
      help: 'From the first byte of the request’s head to the last of the response',
      labelNames: ['route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
  };
}
