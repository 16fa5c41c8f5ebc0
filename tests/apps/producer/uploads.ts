import assert from 'node:assert/strict';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { ErrorBody } from '../../../apps/producer/http/problem.ts';

export function post(payload: string | Buffer, headers: Record<string, string> = {}): InjectOptions {
  return { method: 'POST', url: '/upload', payload, headers: { 'content-type': 'text/plain', ...headers } };
}

/** The status and the body of an error response; checks its form as well. */
export function errorOf(response: LightMyRequestResponse): {
  status: number;
  code: string;
  message: string;
  hint: string;
} {
  const body = response.json<ErrorBody>();
  assert.deepEqual(Object.keys(body), ['error', 'requestId']);
  assert.deepEqual(Object.keys(body.error), ['code', 'message', 'hint']);
  assert.equal(body.requestId, response.headers['x-request-id']);
  assert.match(String(response.headers['content-type']), /^application\/json/);
  return { status: response.statusCode, ...body.error };
}
