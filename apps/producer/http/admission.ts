import type { IncomingMessage } from 'node:http';
import type { Sender } from '../sources/sender.ts';
import type { Refusal, Sources } from '../sources/sources.ts';
import { Problem } from './problem.ts';
import { countHeader } from './request.ts';

/** RFC 6750, 2.1: the scheme, a space and a `b64token`. RFC 9110, 11.1: the scheme is in any case. */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;
const BEARER_SCHEME = /^bearer(?: |$)/i;
const CHALLENGE = 'Bearer realm="headwater"';
const HINT = 'send the key of your source as Authorization: Bearer KEY';

/** RFC 6750, 3: without a key the challenge has no error. */
const refusals: Readonly<Record<Refusal, () => Problem>> = {
  'missing-key': () =>
    new Problem(401, 'missing_key', 'the request has no key', HINT, { 'www-authenticate': CHALLENGE }),
  'invalid-key': () =>
    new Problem(401, 'invalid_key', 'the key is not valid', HINT, challenge('invalid_token')),
  'wrong-source': () =>
    new Problem(
      403,
      'wrong_source',
      'the key is not one of the source in X-Source',
      'send the key of that source, or leave X-Source out',
      challenge('insufficient_scope'),
    ),
};

/**
 * Finds who sends a request.
 *
 * @param authorization the header's value, if there is one
 * @param named the value of X-Source
 */
export function admit(
  sources: Sources,
  authorization: string | undefined,
  named: string | undefined,
): Sender | Problem {
  // Another scheme is none of ours, as that of a proxy on the way.
  const isBearer = authorization !== undefined && BEARER_SCHEME.test(authorization);
  const [, key] = isBearer ? (BEARER.exec(authorization) ?? []) : [];
  if (isBearer && key === undefined) return malformedKey('a header of the form Authorization: Bearer KEY');
  const found = sources.find(key, named);
  return typeof found === 'string' ? refusals[found]() : found;
}

/** {@link admit} for a request that Node's parser has read. @throws {Problem} */
export function senderOf(sources: Sources | undefined, request: IncomingMessage): Sender | undefined {
  if (sources === undefined) return undefined;
  if (countHeader(request, 'authorization') > 1) throw malformedKey('one header');
  const named = request.headers['x-source'];
  const found = admit(
    sources,
    request.headers.authorization,
    named === undefined ? undefined : String(named),
  );
  if (found instanceof Problem) throw found;
  return found;
}

/** Charges an upload of one event. @throws {Problem} 429 with the time after which it would be admitted */
export function charge(sender: Sender | undefined, bytes: number): void {
  const waitMs = sender?.take(1, 1, bytes) ?? 0;
  if (waitMs > 0) throw overQuota(waitMs);
}

/**
 * Charges the request of a batch; each line is charged by itself. @throws {Problem} 429 if not even a line of one byte
 * would be admitted
 */
export function chargeBatch(sender: Sender | undefined): void {
  const waitMs = sender?.waitMs(1, 1, 1) ?? 0;
  if (waitMs > 0) throw overQuota(waitMs);
  sender?.spend(1, 0, 0);
}

/** RFC 6585, 4; `Retry-After` in whole seconds (RFC 9110, 10.2.3). */
export function overQuota(waitMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return overQuotaProblem({ 'retry-after': String(seconds) });
}

/** A line has no header: its client waits as after any other refused line. */
export function lineOverQuota(): Problem {
  return overQuotaProblem();
}

function overQuotaProblem(headers: Readonly<Record<string, string>> = {}): Problem {
  return new Problem(
    429,
    'over_quota',
    'more than the limit of the source or the key',
    'not stored: send it again, later',
    headers,
  );
}

function malformedKey(allowed: string): Problem {
  return new Problem(
    400,
    'malformed_authorization',
    `the key must be ${allowed}`,
    HINT,
    challenge('invalid_request'),
  );
}

function challenge(error: string): Readonly<Record<string, string>> {
  return { 'www-authenticate': `${CHALLENGE}, error="${error}"` };
}
