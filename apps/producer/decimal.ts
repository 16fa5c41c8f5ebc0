const ZERO = 0x30;
/** Below it a number is a small integer to V8, and a division by ten a multiplication. */
const CHUNK = 1e9;
const CHUNK_DIGITS = 9;

/** @param number a whole number from 0 to 2^53 */
export function decimalDigits(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}

/** @param digits how many the number has. @returns where it ends */
export function writeDecimal(buffer: Buffer, start: number, number: number, digits: number): number {
  const end = start + digits;
  let at = end;
  let rest = number;
  while (rest >= CHUNK) {
    const high = Math.floor(rest / CHUNK);
    at = writeChunk(buffer, at - CHUNK_DIGITS, at, rest - high * CHUNK);
    rest = high;
  }
  writeChunk(buffer, start, at, rest);
  return end;
}

/** Fills the place with the number. @returns where it begins */
function writeChunk(buffer: Buffer, start: number, end: number, number: number): number {
  let rest = number | 0;
  for (let at = end - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    buffer[at] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return start;
}
