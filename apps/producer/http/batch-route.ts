import type { FastifyInstance } from 'fastify';
import type { GcPacer } from '../../service/memory/gc-pacer.ts';
import { COPIES_OF_RUN } from '../delivery/record-log.ts';
import type { Sources } from '../sources/sources.ts';
import { chargeBatch, senderOf } from './admission.ts';
import { BatchSession, type BatchSessionOptions } from './batch-session.ts';
import { askForBody } from './body.ts';
import { BodyReader } from './body-reader.ts';
import { mediaType } from './content-types.ts';
import { exchangeOf } from './exchange.ts';
import { LineReader } from './line-reader.ts';
import {
  brokerUnavailable,
  emptyBody,
  errorSchema,
  Problem,
  requestTimeout,
  shuttingDown,
} from './problem.ts';
import { eventKey, MAX_KEY_BYTES, requireIdentityEncoding } from './request.ts';
import { admissionResponses, SECURITY, sourceHeader } from './upload-route.ts';

export interface BatchRouteOptions extends BatchSessionOptions {
  readonly gcPacer: GcPacer;
  /** `undefined` if anybody may send anything. */
  readonly sources: Sources | undefined;
  /** Aborts when readiness fails. */
  readonly draining: AbortSignal;
  /** Aborts when the program stops reading requests. Lines that were read are still stored. */
  readonly ending: AbortSignal;
}

const MEDIA_TYPE = 'application/x-ndjson';
/** Each piece of a body exists twice: as the socket's buffer and as the parser's copy. */
const COPIES_HERE = 2;

const schema = {
  summary: 'Store many events: every line a JSON text, byte for byte',
  description:
    'Accepts a body of any length and responds while it arrives: read the response while you send. Each line of the ' +
    'response is {"line", "status": 201, "partition", "offset", "timestamp"} or {"line", "status", "error": {"code", ' +
    '"message"}}, in the order of the request; the last is {"done", "stored", "failed"}. If the body was not read ' +
    'to its end, done is false and there is an error. A response without that last line was cut off.',
  headers: {
    type: 'object',
    properties: {
      'x-event-key': {
        type: 'string',
        minLength: 1,
        maxLength: MAX_KEY_BYTES,
        description: 'The record key of every line',
      },
      'x-request-id': { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
      'x-source': sourceHeader,
    },
  },
  body: { required: true, content: { [MEDIA_TYPE]: { schema: { type: 'string', minLength: 1 } } } },
  security: SECURITY,
  response: {
    200: {
      description: 'Each line has its own status',
      content: { [MEDIA_TYPE]: { schema: { type: 'string' } } },
    },
    400: { description: 'Nothing stored: the request is at fault', ...errorSchema },
    ...admissionResponses,
    408: { description: 'Nothing stored: no line came in time', ...errorSchema },
    415: { description: 'Nothing stored: not NDJSON', ...errorSchema },
    503: { description: 'Nothing stored: sending it again is safe', ...errorSchema },
  },
} as const;

/**
 * `POST /upload/batch`: a stream of lines, one record each. From the first line on the route writes the response
 * itself, since Fastify logs an error if the client disconnects before the end of a stream.
 */
export function addBatchRoute(app: FastifyInstance, options: BatchRouteOptions): void {
  const { recordLog, limits, sources, draining, ending } = options;
  app.post('/upload/batch', { schema }, async ({ raw: request, id }, reply) => {
    const sender = senderOf(sources, request);
    requireNdjson(request.headers['content-type']);
    requireIdentityEncoding(request);
    const key = eventKey(request);
    const problem = recordLog.notReady();
    if (problem !== undefined) throw brokerUnavailable(problem);
    chargeBatch(sender);
    const response = reply.raw;
    askForBody(request, response);
    const exchange = exchangeOf(request, response);
    exchange.streams = true;
    const body = new BodyReader(exchange);
    const lines = readLines(body, options);
    const onEnding = () => body.fail(shuttingDown());
    ending.addEventListener('abort', onEnding);
    try {
      if (ending.aborted) throw shuttingDown();
      if (!(await lines.fill())) throw emptyBody();
      reply.hijack();
      const headers = { 'x-request-id': id, 'content-type': MEDIA_TYPE };
      response.writeHead(200, draining.aborted ? { ...headers, connection: 'close' } : headers);
      await new BatchSession(options, { requestId: id, key, sender, response }).run(lines);
    } finally {
      ending.removeEventListener('abort', onEnding);
      body.close();
      lines.close();
    }
  });

  const readLines = (body: BodyReader, { gcPacer, budget, patienceMs }: BatchRouteOptions): LineReader => {
    const { maxBodyBytes, requestTimeoutMs } = limits;
    const late = () => requestTimeout(requestTimeoutMs);
    const read = async (deadline: number) => {
      const piece = await body.read(deadline, late);
      gcPacer.note((COPIES_HERE + COPIES_OF_RUN) * (piece?.length ?? 0));
      return piece;
    };
    return new LineReader(read, { maxBytes: maxBodyBytes, lineMs: requestTimeoutMs, budget, patienceMs });
  };
}

function requireNdjson(contentType: string | undefined): void {
  const type = mediaType(contentType);
  if (type === MEDIA_TYPE) return;
  throw new Problem(
    415,
    'unsupported_media_type',
    `Content-Type must be ${MEDIA_TYPE}, got ${type === '' ? 'none' : JSON.stringify(type)}`,
    `with curl: curl -H "Content-Type: ${MEDIA_TYPE}" --data-binary @FILE …/upload/batch; one event goes to /upload`,
  );
}
