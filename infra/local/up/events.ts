import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { UpOptions } from './options.ts';

/**
 * 20,000 flights within the USA in 2001, reported to the Bureau of Transportation Statistics of the U.S. Department of
 * Transportation under 14 CFR Part 234: a work of the U.S. government, so in the public domain there. The package that
 * ships it, vega-datasets (BSD-3-Clause), says so in its datapackage.json.
 */
const SAMPLE = '../data/flights-20k.json';

/** What to send, each event as its bytes. */
export async function* readEvents(from: UpOptions['events']): AsyncGenerator<Buffer> {
  if (from === 'none') return;
  if (from !== 'sample') {
    yield* nonEmptyLines(createReadStream(from.file));
    return;
  }
  const sample = new URL(SAMPLE, import.meta.resolve('vega-datasets'));
  const flights = JSON.parse(await readFile(sample, 'utf8')) as unknown[];
  for (const flight of flights) yield Buffer.from(JSON.stringify(flight));
}

/** Splits at line feeds alone: `node:readline` also does so at U+2028, which JSON texts may contain. */
export async function* nonEmptyLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      const line = trimmed([...rest, chunk.subarray(from, at)]);
      if (line.length > 0) yield line;
      rest = [];
      from = at + 1;
    }
    rest.push(chunk.subarray(from));
  }
  const line = trimmed(rest);
  if (line.length > 0) yield line;
}

function trimmed(parts: readonly Buffer[]): Buffer {
  const line = Buffer.concat(parts);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
