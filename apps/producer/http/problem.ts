import { DeliveryError, type Failure } from '../delivery/record-log.ts';

/** Body of every error response: `code` for programs, `message` and `hint` for people. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
  readonly requestId: string;
}

export const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        hint: { type: 'string' },
      },
      required: ['code', 'message', 'hint'],
      additionalProperties: false,
    },
    requestId: { type: 'string' },
  },
  required: ['error', 'requestId'],
  additionalProperties: false,
} as const;

/**
 * An error response. Has no stack trace, which says nothing about an error of the client and takes longer than the rest
 * of a refusal.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly statusCode: number;
  readonly code: string;
  readonly hint: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    hint: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.statusCode = statusCode;
    this.code = code;
    this.hint = hint;
    this.headers = headers;
  }
}

const RETRY_SOON = { 'retry-after': '1' };
/** Closes the connection: the start of the next request is unknown, or it will not be read. */
export const LAST = { connection: 'close' };

const byFailure: Readonly<Record<Failure, (message: string) => Problem>> = {
  'not-stored': (message) => brokerUnavailable(message),
  'queue-full': () => queueFull(),
  unknown: (message) =>
    new Problem(
      504,
      'unknown_outcome',
      message,
      'it may be stored or not: sending it again may store it twice, with the same request id if you keep X-Request-Id',
    ),
  'too-large': (message) =>
    new Problem(
      413,
      'record_too_large',
      message,
      'send a smaller event, or raise max.message.bytes of the topic',
    ),
  'invalid-record': (message) =>
    new Problem(400, 'record_rejected', message, 'a compacted topic needs a key: send it as X-Event-Key'),
};

export function brokerUnavailable(message: string): Problem {
  return new Problem(503, 'broker_unavailable', message, 'not stored: sending it again is safe', RETRY_SOON);
}

/** Maps any thrown value to a response. An unexpected error is a 500 without details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DeliveryError) return byFailure[error.failure](error.message);
  return new Problem(500, 'internal_error', 'an unforeseen error', 'the log has it under the request id');
}

export function queueFull(): Problem {
  return new Problem(
    503,
    'queue_full',
    'the queue is full',
    'not stored: send it again, more slowly',
    RETRY_SOON,
  );
}

export function notFound(path: string): Problem {
  return new Problem(
    404,
    'not_found',
    `no such path: ${path}`,
    'events go to /upload, or /upload/batch as lines',
  );
}

export function methodNotAllowed(method: string, path: string, allowed: readonly string[]): Problem {
  const allow = allowed.join(', ');
  return new Problem(
    405,
    'method_not_allowed',
    `${path} takes ${allow}, got ${method}`,
    `send it as ${allowed[0] ?? 'GET'}`,
    { allow },
  );
}

/** CONNECT has no path, so no path allows it. */
export function connectRefused(target: string): Problem {
  return methodNotAllowed('CONNECT', target, ['POST']);
}

export function badUrl(url: string): Problem {
  return new Problem(
    400,
    'malformed_request',
    `the path must be UTF-8 in percent-encoding, got ${JSON.stringify(url)}`,
    'events go to /upload, or /upload/batch as lines',
  );
}

export function bodyTooLarge(limit: number): Problem {
  return new Problem(
    413,
    'body_too_large',
    `the body must have at most ${limit} bytes`,
    'send events one by one, or many as lines of one body to /upload/batch',
  );
}

export function emptyBody(): Problem {
  return new Problem(
    400,
    'empty_body',
    'the body must have at least 1 byte, got 0',
    "with curl, send it by --data-binary '…' or --data-binary @file",
  );
}

export function badMediaType(): Problem {
  return new Problem(
    415,
    'unsupported_media_type',
    'Content-Type must be a media type or absent',
    'as in Content-Type: application/octet-stream',
  );
}

export function requestTimeout(limitMs: number): Problem {
  return new Problem(
    408,
    'request_timeout',
    `the body did not arrive within ${limitMs} ms`,
    'not stored: sending it again is safe',
    LAST,
  );
}

export function headTimeout(): Problem {
  return new Problem(
    408,
    'request_timeout',
    'the headers did not arrive in time',
    'not stored: sending it again is safe',
  );
}

export function incompleteBody(): Problem {
  return new Problem(
    400,
    'incomplete_body',
    'the connection ended before the body',
    'not stored: send it again',
    LAST,
  );
}

export function incompleteHead(): Problem {
  return malformedRequest('the connection ended before the headers', 'not stored: send it again');
}

export function malformedRequest(message: string, hint: string): Problem {
  return new Problem(400, 'malformed_request', message, hint, LAST);
}

export function shuttingDown(): Problem {
  return new Problem(
    503,
    'shutting_down',
    'the program is ending',
    'send the rest again, to another',
    RETRY_SOON,
  );
}

export function lineTooLong(limit: number): Problem {
  return new Problem(
    413,
    'body_too_large',
    `the line must have at most ${limit} bytes`,
    'send smaller events',
  );
}

/** @param problem the reason, if it was determined */
export function invalidLine(problem?: string): Problem {
  return new Problem(
    400,
    'invalid_json',
    problem === undefined ? 'the line must be JSON' : `the line must be JSON: ${problem}`,
    'correct it and send it again',
  );
}
