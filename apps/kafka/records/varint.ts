/** Zigzag: small numbers of either sign become small ones without. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** @returns where it ends */
export function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  // Not by bits: a clock that is set makes deltas of more than 32.
  for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128;
  buffer[at++] = rest;
  return at;
}

/** Length and content. @returns where they end */
export function writeBytes(buffer: Buffer, start: number, bytes: Buffer): number {
  const at = writeVarint(buffer, start, bytes.length);
  return at + bytes.copy(buffer, at);
}
