const ZERO = 0x30;
/** Below it V8 uses small integers, and divides by ten with a multiplication. */
const CHUNK = 1e9;
const CHUNK_DIGITS = 9;

/** @param number a whole number from 0 to 2^53 */
export function decimalDigits(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}

/** @param digits number of digits. @returns where the number ends */
export function writeDecimal(
  buffer: Buffer,
  start: number,
  number: number,
  digits = decimalDigits(number),
): number {
  let end = start + digits;
  let rest = number;
  for (; rest >= CHUNK; end -= CHUNK_DIGITS) {
    const high = Math.floor(rest / CHUNK);
    fill(buffer, end - CHUNK_DIGITS, end, rest - high * CHUNK);
    rest = high;
  }
  fill(buffer, start, end, rest);
  return start + digits;
}

/** Writes the last digits of a number below {@link CHUNK}, with leading zeros. */
function fill(buffer: Buffer, start: number, end: number, number: number): void {
  let rest = number | 0;
  for (let at = end - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    buffer[at] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
}
