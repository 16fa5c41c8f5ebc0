import type { FastifyInstance } from 'fastify';
import { readBody } from './body.ts';
import type { Budget } from '../budget.ts';
import type { RecordLog } from '../delivery/record-log.ts';
import type { HttpLimits } from './limits.ts';
import { jsonProblem } from './json.ts';
import type { HttpMetrics } from '../metrics.ts';
import { emptyBody, errorSchema, Problem } from './problem.ts';
import { eventKey, mediaType, recordHeaders, requireIdentityEncoding } from './request.ts';

export interface UploadOptions {
  readonly recordLog: RecordLog;
  readonly limits: HttpLimits;
  readonly budget: Budget;
  readonly metrics: HttpMetrics;
}

const schema = {
  summary: 'Store one event: the body, byte for byte',
  description:
    'Answers once every in-sync replica of the Kafka partition has the event. Any content type is kept; ' +
    'application/json must be valid JSON.',
  headers: {
    type: 'object',
    properties: {
      'x-event-key': {
        type: 'string',
        minLength: 1,
        description: 'The record key: events of one key keep their order, in one partition',
      },
      'x-request-id': {
        type: 'string',
        pattern: '^[\\x21-\\x7e]{1,128}$',
        description: 'Kept with the event and returned; anything else is replaced by a generated one',
      },
    },
  },
  body: {
    required: true,
    content: {
      'application/json': { schema: {} },
      '*/*': { schema: { type: 'string', format: 'binary', minLength: 1 } },
    },
  },
  response: {
    201: {
      description: 'Stored',
      type: 'object',
      properties: {
        topic: { type: 'string' },
        partition: { type: 'integer', minimum: 0 },
        offset: {
          type: ['integer', 'null'],
          description:
            'null where the broker has the event from an earlier attempt and no longer knows where',
        },
        timestamp: { type: 'integer', description: 'milliseconds since 1970' },
      },
      required: ['topic', 'partition', 'offset', 'timestamp'],
      additionalProperties: false,
    },
    400: { description: 'Not stored: the request is at fault', ...errorSchema },
    408: { description: 'Not stored: the body came too slowly', ...errorSchema },
    413: { description: 'Not stored: too large', ...errorSchema },
    415: { description: 'Not stored: a form or an encoded body', ...errorSchema },
    503: { description: 'Not stored: sending it again is safe', ...errorSchema },
    504: { description: 'Stored or not: sending it again may store it twice', ...errorSchema },
  },
} as const;

/** `POST /upload`: one body, one record. */
export function addUploadRoute(app: FastifyInstance, options: UploadOptions): void {
  const { recordLog, limits, budget, metrics } = options;
  app.post('/upload', { schema }, async (request, reply) => {
    const contentType = request.headers['content-type'];
    requireNoForm(mediaType(contentType));
    requireIdentityEncoding(request.raw);
    const key = eventKey(request.raw);
    const value = await readBody(request.raw, reply.raw, limits, budget);
    if (value.length === 0) throw emptyBody();
    if (mediaType(contentType) === 'application/json') requireJson(value);
    const headers = recordHeaders(request.id, contentType);
    const stored = await recordLog.append({ value, headers, ...(key && { key }) });
    metrics.records.inc({ route: '/upload', code: 'stored' });
    return reply.code(201).send({ topic: recordLog.topic, ...stored });
  });
}

function requireNoForm(type: string): void {
  if (type !== 'multipart/form-data' && type !== 'application/x-www-form-urlencoded') return;
  const hint =
    type === 'multipart/form-data'
      ? 'with curl, replace -F by: curl --data-binary @FILE -H "Content-Type: application/octet-stream" …/upload'
      : 'with curl, say what it is: curl --json @FILE …/upload, or --data-binary @FILE -H "Content-Type: text/plain"';
  throw new Problem(
    415,
    'unsupported_media_type',
    `Content-Type must not be a form, got ${type}: the body is stored as it is`,
    hint,
  );
}

function requireJson(value: Buffer): void {
  const problem = jsonProblem(value);
  if (problem === undefined) return;
  throw new Problem(
    400,
    'invalid_json',
    `the body must be JSON, as its Content-Type says: ${problem}`,
    'correct it, or send it as another Content-Type: then any bytes are stored',
  );
}
