/** State of the pipeline, from its metrics. */
export interface Figures {
  /** Events with a 2xx response since the producer started. */
  readonly accepted: number;
  /** Records stored since the consumer started. */
  readonly stored: number;
  /** Records in Kafka that are not stored yet. */
  readonly lag: number;
  /** Objects stored since the consumer started. */
  readonly objects: number;
}

/** @param endpoints URLs of the two programs. @throws if one of them does not respond */
export async function readFigures(endpoints: { producer: string; consumer: string }): Promise<Figures> {
  const [producer, consumer] = await Promise.all([
    readMetrics(endpoints.producer),
    readMetrics(endpoints.consumer),
  ]);
  return {
    accepted: sumOf(producer, 'headwater_producer_records_total', 'code="stored"'),
    stored: sumOf(consumer, 'headwater_consumer_records_total'),
    lag: sumOf(consumer, 'headwater_consumer_lag_records'),
    objects: sumOf(consumer, 'headwater_consumer_objects_total'),
  };
}

async function readMetrics(endpoint: string): Promise<string> {
  const response = await fetch(`${endpoint}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${endpoint}/metrics answers ${response.status}`);
  return response.text();
}

/** The sum of a metric's samples in Prometheus' text format, over those whose labels contain `label`. */
export function sumOf(metrics: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    const [, found, labels = '', value] = /^([A-Za-z_:][\w:]*)(\{.*\})? (\S+)/.exec(line) ?? [];
    if (found === name && labels.includes(label)) sum += Number(value);
  }
  return sum;
}
