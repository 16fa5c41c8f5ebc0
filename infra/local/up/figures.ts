/** State of the pipeline, from its metrics. */
export interface Figures {
  /** Events with a 2xx response since the producer started. */
  readonly accepted: number;
  /** Events with a 5xx response since the producer started: their clients send them again, or lose them. */
  readonly refused: number;
  /** Records stored since the consumer started. */
  readonly stored: number;
  /** Records in Kafka that are not stored yet. */
  readonly lag: number;
  /** Objects stored since the consumer started. */
  readonly objects: number;
}

/** Values of `code` that are not the client's fault. */
const REFUSALS = ['broker_unavailable', 'queue_full', 'shutting_down', 'unknown_outcome', 'internal_error'];

/** @param endpoints URLs of the two programs. @throws if one of them does not respond */
export async function readFigures(endpoints: { producer: string; consumer: string }): Promise<Figures> {
  const [producer, consumer] = await Promise.all([
    readMetrics(endpoints.producer),
    readMetrics(endpoints.consumer),
  ]);
  return { ...producerFigures(producer), ...consumerFigures(consumer) };
}

/** The figures of those programs that respond. */
export async function readAvailableFigures(endpoints: {
  producer: string;
  consumer: string;
}): Promise<Partial<Figures>> {
  const ask = (endpoint: string): Promise<string | undefined> => readMetrics(endpoint).catch(() => undefined);
  const [producer, consumer] = await Promise.all([ask(endpoints.producer), ask(endpoints.consumer)]);
  return {
    ...(producer !== undefined && producerFigures(producer)),
    ...(consumer !== undefined && consumerFigures(consumer)),
  };
}

export function producerFigures(metrics: string): Pick<Figures, 'accepted' | 'refused'> {
  const records = (code: string): number =>
    sumOf(metrics, 'headwater_producer_records_total', `code="${code}"`);
  return {
    accepted: records('stored'),
    refused: REFUSALS.reduce((sum, code) => sum + records(code), 0),
  };
}

export function consumerFigures(metrics: string): Omit<Figures, 'accepted' | 'refused'> {
  return {
    stored: sumOf(metrics, 'headwater_consumer_records_total'),
    lag: sumOf(metrics, 'headwater_consumer_lag_records'),
    objects: sumOf(metrics, 'headwater_consumer_objects_total'),
  };
}

/** The metrics of a program in Prometheus' text format. @throws if it does not respond */
export async function readMetrics(endpoint: string): Promise<string> {
  const response = await fetch(`${endpoint}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${endpoint}/metrics answers ${response.status}`);
  return response.text();
}

/** The sum of a metric's samples in Prometheus' text format, over those whose labels contain `label`. */
export function sumOf(metrics: string, name: string, label = ''): number {
  let sum = 0;
  for (const { labels, value } of samplesOf(metrics, name)) if (labels.includes(label)) sum += value;
  return sum;
}

/** The samples of a metric by the value of its label `partition`. */
export function byPartition(metrics: string, name: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const { labels, value } of samplesOf(metrics, name)) {
    const partition = /partition="(\d+)"/.exec(labels)?.[1];
    if (partition !== undefined) found.set(Number(partition), value);
  }
  return found;
}

function* samplesOf(metrics: string, name: string): Generator<{ labels: string; value: number }> {
  for (const line of metrics.split('\n')) {
    const [, found, labels = '', value] = /^([A-Za-z_:][\w:]*)(\{.*\})? (\S+)/.exec(line) ?? [];
    if (found === name) yield { labels, value: Number(value) };
  }
}
