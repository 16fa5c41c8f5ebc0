import type { Place } from './findings.ts';
import type { Trace } from './trace.ts';

/** One aligned row for each event, or what it means that there is none; then what was not looked at. */
export function renderTrace(trace: Trace): string {
  const { requestId, line, topic, since, until, answer, events, omitted, looked, unknown } = trace;
  const what = line === undefined ? requestId : `${requestId}, line ${line}`;
  const read = [
    `${looked.objects} objects of ${looked.chains} chains read, ${looked.skippedObjects} older ones not`,
    `${looked.unstoredRecords} records in Kafka that were not stored`,
  ].join('; ');
  const lines = [`request ${what}, topic ${topic}`, `from ${since} to ${until}: ${read}`, ''];
  if (answer === 'found') lines.push(...renderEvents(events));
  if (omitted > 0) lines.push(`and ${omitted} more: choose one with --line`);
  if (answer === 'not-accepted') {
    lines.push(
      'not found: no producer has accepted it in this time',
      'An event that was accepted earlier is found with a longer --since.',
    );
  }
  if (answer === 'undecided') lines.push('not found, but not everything could be looked at:');
  if (answer === 'found' && unknown.length > 0) lines.push('', 'not looked at:');
  return `${[...lines, ...unknown.map((reason) => `  ${reason}`)].join('\n')}\n`;
}

function renderEvents(events: readonly Place[]): string[] {
  const rows = events.map(({ line, partition, offset, timestamp, object }) => [
    line === undefined ? '-' : String(line),
    String(partition),
    String(offset),
    isTime(timestamp) ? new Date(timestamp).toISOString() : String(timestamp),
    object === undefined ? 'accepted, not stored yet' : `${object.key} line ${object.line}`,
  ]);
  const table = [['line', 'partition', 'offset', 'received', 'where'], ...rows];
  const width = (column: number): number => Math.max(...table.map((row) => row[column]?.length ?? 0));
  const widths = [0, 1, 2, 3].map(width);
  return table.map(([line = '', partition = '', offset = '', received = '', where = '']) =>
    [
      line.padStart(widths[0] ?? 0),
      partition.padStart(widths[1] ?? 0),
      offset.padStart(widths[2] ?? 0),
      received.padEnd(widths[3] ?? 0),
      where,
    ].join('  '),
  );
}

function isTime(timestamp: number): boolean {
  return !Number.isNaN(new Date(timestamp).getTime());
}
