const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** A line without its end; `text` is missing where the line is longer than allowed. */
export interface Line {
  /** From 1, counting blank lines too. */
  readonly number: number;
  readonly text?: Buffer;
}

/**
 * Splits bytes at `\n` or `\r\n`. Blank lines are passed over; a line that is too long is named and its rest is
 * thrown away as it comes, so that memory holds one line at most.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= maxBytes + 1) parts.push(part);
    else parts = [];
  };
  const finish = (): Line | undefined => {
    const text = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    const end = text.at(-1) === RETURN ? text.length - 1 : text.length;
    const tooLong = bytes > maxBytes + 1 || end > maxBytes;
    const line = tooLong ? { number } : { number, text: text.subarray(0, end) };
    const blank = !tooLong && end === 0;
    number++;
    parts = [];
    bytes = 0;
    return blank ? undefined : line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      const line = finish();
      if (line !== undefined) yield line;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  const last = finish();
  if (last !== undefined) yield last;
}
