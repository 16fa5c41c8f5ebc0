import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** @param extension of its key, which names the compression */
export function decodeContent(body: Readable, extension: string): Readable {
  if (extension === '.ndjson') return body;
  const decoder = extension === '.ndjson.gz' ? createGunzip() : createZstdDecompress();
  // Errors of either stream reach the reader of the decoder.
  return pipeline(body, decoder, () => undefined);
}

/**
 * The lines of an object, without their line feeds.
 *
 * @throws SyntaxError if the last one has none
 */
export async function* readLines(content: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      rest.push(chunk.subarray(from, at));
      yield rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest);
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) throw new SyntaxError('the last line has no end');
}

/** Whether the content of an object is at fault, and not the store. */
export function isContentError(error: unknown): error is Error {
  if (error instanceof SyntaxError || error instanceof TypeError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_') || code.startsWith('ZSTD_');
}
