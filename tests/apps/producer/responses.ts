import assert from 'node:assert/strict';

export interface Response {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Of a body in chunks, whether the last one came. */
  readonly isWhole: boolean;
}

/**
 * Reads everything that a server has sent on one connection, as Latin-1: one response behind the other, and nothing else.
 * Only the last may be cut off.
 */
export function readResponses(text: string): Response[] {
  const responses: Response[] = [];
  for (let at = 0; at < text.length;) {
    assert.ok(responses.at(-1)?.isWhole !== false, `behind a response that is not whole: ${text.slice(at)}`);
    const headEnd = text.indexOf('\r\n\r\n', at);
    assert.notEqual(headEnd, -1, `no head of a response: ${text.slice(at)}`);
    const [statusLine = '', ...lines] = text.slice(at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN);
    assert.ok(status >= 100, `no status line: ${statusLine}`);
    const headers = new Map(
      lines.map((line): [string, string] => {
        const [, name = '', value = ''] = /^([\w-]+): (.*)$/.exec(line) ?? [];
        assert.notEqual(name, '', `no header: ${line}`);
        return [name.toLowerCase(), value];
      }),
    );
    at = headEnd + 4;
    if (status === 100) continue;
    const { body, end, isWhole } = readBody(text, at, headers);
    at = end;
    responses.push({ status, headers, body, isWhole });
  }
  return responses;
}

function readBody(text: string, start: number, headers: ReadonlyMap<string, string>) {
  if (headers.get('transfer-encoding') !== 'chunked') {
    const end = start + Number(headers.get('content-length') ?? 0);
    return { body: text.slice(start, end), end, isWhole: end <= text.length };
  }
  let body = '';
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return { body, end: text.length, isWhole: false };
    const size = text.slice(at, lineEnd);
    assert.match(size, /^[\da-f]+$/i, `no size of a chunk: ${size}`);
    const chunkEnd = lineEnd + 2 + Number.parseInt(size, 16);
    if (chunkEnd + 2 > text.length) return { body, end: text.length, isWhole: false };
    body += text.slice(lineEnd + 2, chunkEnd);
    assert.equal(text.slice(chunkEnd, chunkEnd + 2), '\r\n');
    at = chunkEnd + 2;
    if (chunkEnd === lineEnd + 2) return { body, end: at, isWhole: true };
  }
}
