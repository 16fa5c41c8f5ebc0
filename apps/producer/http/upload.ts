import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readBody } from './body.ts';
import type { Budget } from '../budget.ts';
import type { RecordLog } from '../delivery/record-log.ts';
import { ContentTypes, type ContentType } from './content-type.ts';
import type { HttpLimits } from './limits.ts';
import { jsonProblem } from './json.ts';
import type { HttpMetrics } from '../metrics.ts';
import { noteProblem } from './error-answers.ts';
import { badMediaType, emptyBody, errorSchema, Problem, toProblem } from './problem.ts';
import { eventKey, recordHeaders, requireIdentityEncoding } from './request.ts';

export interface UploadOptions {
  readonly recordLog: RecordLog;
  readonly limits: HttpLimits;
  readonly budget: Budget;
  readonly metrics: HttpMetrics;
  readonly draining: AbortSignal;
}

const JSON_TYPE = 'application/json; charset=utf-8';

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

/**
 * `POST /upload`: one body, one record.
 *
 * Answered from the route's first hook and written by hand: what Fastify does between that hook and the socket (body
 * parser, validation, promises, serialization, `onSend`) finds nothing to do here and took a third of the time of
 * each request. So is a 503, of which there are many when there is least time for them. Any other error goes the usual way.
 */
export function addUploadRoute(app: FastifyInstance, options: UploadOptions): void {
  const { recordLog, limits, budget, metrics, draining } = options;
  const contentTypes = new ContentTypes();
  const topic = JSON.stringify(recordLog.topic);

  const upload = async ({ raw, id }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const header = raw.headers['content-type'];
    const contentType = header === undefined ? undefined : contentTypes.read(header);
    if (contentType !== undefined) requireMediaType(contentType);
    requireIdentityEncoding(raw);
    const key = eventKey(raw);
    const value = await readBody(raw, reply.raw, limits, budget);
    if (value.length === 0) throw emptyBody();
    if (contentType?.mediaType === 'application/json') requireJson(value);
    const headers = recordHeaders(id, contentType?.bytes);
    const { partition, offset, timestamp } = await recordLog.append({ value, headers, ...(key && { key }) });
    metrics.records.inc({ route: '/upload', code: 'stored' });
    const answer = `{"topic":${topic},"partition":${partition},"offset":${offset},"timestamp":${timestamp}}`;
    write(reply, 201, id, answer);
  };

  const refuse = (problem: Problem, request: FastifyRequest, reply: FastifyReply): void => {
    write(reply, 503, request.id, JSON.stringify(noteProblem(problem, request, metrics)), problem.headers);
  };

  const write = (
    reply: FastifyReply,
    status: number,
    id: string,
    answer: string,
    headers: Readonly<Record<string, string>> = {},
  ): void => {
    const bytes = Buffer.byteLength(answer);
    const head = ['x-request-id', id, 'content-type', JSON_TYPE, 'content-length', String(bytes)];
    for (const header of Object.entries(headers)) head.push(...header);
    if (draining.aborted) head.push('connection', 'close');
    reply.hijack();
    // Node writes ASCII fastest as Latin-1.
    reply.raw.writeHead(status, head).end(answer, bytes === answer.length ? 'latin1' : 'utf8');
  };

  app.post(
    '/upload',
    {
      schema,
      onRequest: (request, reply, done) =>
        void upload(request, reply).catch((error: unknown) => {
          const problem = toProblem(error);
          if (problem.statusCode === 503) refuse(problem, request, reply);
          else done(error as Error);
        }),
    },
    // Not reached: the hook has answered, or has an error answered.
    () => undefined,
  );
}

/** @throws {Problem} 415 where it is no media type, or a form */
function requireMediaType({ mediaType }: ContentType): void {
  if (mediaType === undefined) throw badMediaType();
  if (mediaType !== 'multipart/form-data' && mediaType !== 'application/x-www-form-urlencoded') return;
  const hint =
    mediaType === 'multipart/form-data'
      ? 'with curl, replace -F by: curl --data-binary @FILE -H "Content-Type: application/octet-stream" …/upload'
      : 'with curl, say what it is: curl --json @FILE …/upload, or --data-binary @FILE -H "Content-Type: text/plain"';
  throw new Problem(
    415,
    'unsupported_media_type',
    `Content-Type must not be a form, got ${mediaType}: the body is stored as it is`,
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
