import { decimalDigits, writeDecimal } from '../../service/decimal.ts';
import type { StoredRecord } from '../delivery/record-log.ts';

const START = Buffer.from('{"line":');
const NULL = Buffer.from('null');

/**
 * Results of lines that are stored at consecutive offsets, as bytes: strings would be most of the garbage of an upload.
 *
 * @param numbers line numbers in ascending order
 */
export function successLines(
  numbers: readonly number[],
  { partition, offset, timestamp }: StoredRecord,
): Buffer {
  const middle = Buffer.from(`,"status":201,"partition":${partition},"offset":`);
  const end = Buffer.from(`,"timestamp":${timestamp}}\n`);
  const mostDigits = decimalDigits(numbers.at(-1) ?? 0);
  const mostOffset = offset === null ? NULL.length : decimalDigits(offset + numbers.length);
  const most = START.length + mostDigits + middle.length + mostOffset + end.length;
  const lines = Buffer.allocUnsafe(numbers.length * most);
  let at = 0;
  let next = offset ?? 0;
  for (const number of numbers) {
    at += START.copy(lines, at);
    at = writeDecimal(lines, at, number);
    at += middle.copy(lines, at);
    at = offset === null ? at + NULL.copy(lines, at) : writeDecimal(lines, at, next);
    next++;
    at += end.copy(lines, at);
  }
  return lines.subarray(0, at);
}
