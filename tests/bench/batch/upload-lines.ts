import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

const PIECE_LINES = 64;
/** With its line break 1 KiB. */
const LINE = `${JSON.stringify('x'.repeat(1_021))}\n`;

export interface Uploaded {
  /** From the first byte sent to the last result. */
  readonly seconds: number;
  readonly stored: number;
}

/** Sends so many lines of 1 KiB, shared among some uploads at once, as fast as they are taken. */
export async function uploadLines(endpoint: string, uploads: number, lines: number): Promise<Uploaded> {
  const begun = performance.now();
  const stored = await Promise.all(
    Array.from({ length: uploads }, () => uploadOne(endpoint, Math.round(lines / uploads))),
  );
  const seconds = (performance.now() - begun) / 1_000;
  return { seconds, stored: stored.reduce((sum, count) => sum + count, 0) };
}

async function uploadOne(endpoint: string, lines: number): Promise<number> {
  const outgoing = request(`${endpoint}/upload/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  const end = answered.then(async ([response]) => {
    let tail = '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      tail = (tail + chunk.subarray(-200).toString('latin1')).slice(-200);
    }
    return tail;
  });
  const piece = Buffer.from(LINE.repeat(PIECE_LINES));
  for (let sent = 0; sent < lines; sent += PIECE_LINES) {
    const bytes = Math.min(PIECE_LINES, lines - sent) * LINE.length;
    if (!outgoing.write(piece.subarray(0, bytes))) await once(outgoing, 'drain');
  }
  outgoing.end();
  const last = (await end).trimEnd().split('\n').at(-1) ?? '';
  const { done, stored } = JSON.parse(last) as { done: boolean; stored: number };
  if (!done) throw new Error(`the upload was not read to its end: ${last}`);
  return stored;
}
