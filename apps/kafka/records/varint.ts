/** Zigzag encoding: maps small numbers of either sign to small unsigned numbers. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** @returns where the varint ends */
export function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  // No bit operations: after a clock change a time delta may exceed 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128;
  buffer[at++] = rest;
  return at;
}

/** Writes length and content. @returns where they end */
export function writeBytes(buffer: Buffer, start: number, bytes: Buffer): number {
  const at = writeVarint(buffer, start, bytes.length);
  return at + bytes.copy(buffer, at);
}
