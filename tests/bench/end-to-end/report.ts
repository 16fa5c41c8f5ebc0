import type { Machine } from '../kafka-clients/machine.ts';

export interface Measurement {
  /** Events a second that were wanted. */
  readonly wanted: number;
  readonly rate: number;
  readonly accepted: number;
  readonly refused: number;
  readonly stored: number;
  /** Of the last minute, before it. */
  readonly load: number;
  /** Milliseconds, from the POST to the object. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface EndToEndResults {
  readonly machine: Machine;
  readonly seconds: number;
  readonly flushMaxAgeMs: number;
  readonly measurements: readonly Measurement[];
}

export function renderReport({ machine, seconds, flushMaxAgeMs, measurements }: EndToEndResults): string {
  const { processor, cores, memoryGiB, system, node, date } = machine;
  const text = (figure: number): string => figure.toLocaleString('en', { maximumFractionDigits: 0 });
  return [
    '# From the POST to the object, measured',
    '',
    `Made by \`npm run bench:end-to-end\` on ${date}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}.`,
    `Generator, producer, three brokers, ZooKeeper, consumer and S3 server share the machine. Events of 1 KiB, one POST each,`,
    `sent for ${seconds} s at a fixed rate whether or not earlier ones are answered; 6 partitions, replication 3, acks=all. An object is`,
    `closed ${flushMaxAgeMs} ms after its first event (\`FLUSH_MAX_AGE_MS\`; the default, 30 s, is for fewer objects), which is most of the time.`,
    'A p50 far above that age says that the machine did not keep up, and that events waited for the producer or behind it. Whatever',
    'else runs shares the processor with all of them; see the load.',
    '',
    '| events/s wanted | reached | accepted | refused | stored | p50 (ms) | p99 | p99.9 | longest | load before |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...measurements.map(
      ({ wanted, rate, accepted, refused, stored, p50, p99, p999, max, load }) =>
        `| ${[wanted, rate, accepted, refused, stored, p50, p99, p999, max].map(text).join(' | ')} | ${load.toFixed(1)} |`,
    ),
    '',
  ].join('\n');
}
