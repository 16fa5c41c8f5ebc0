import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Garbage } from '../../service/garbage.ts';
import { BatchUpload, type BatchUploadOptions } from './batch-upload.ts';
import { askForBody, receiveBody } from './body.ts';
import { mediaType } from './content-type.ts';
import { LineReader } from './lines.ts';
import { emptyBody, errorSchema, Problem, refused } from './problem.ts';
import { eventKey, requireIdentityEncoding } from './request.ts';

export interface UploadBatchOptions extends BatchUploadOptions {
  readonly garbage: Garbage;
  /** Aborts when the program is to end: what is under way is finished, nothing more is read. */
  readonly ending: AbortSignal;
}

const MEDIA_TYPE = 'application/x-ndjson';

const schema = {
  summary: 'Store many events: every line a JSON text, byte for byte',
  description:
    'Takes a body of any length and answers while it arrives: read the answer while you send. Each line of the ' +
    'answer is {"line", "status": 201, "partition", "offset", "timestamp"} or {"line", "status", "error": {"code", ' +
    '"message"}}, in the order of the lines sent; the last is {"done", "stored", "failed"}, where done is false ' +
    'and an error beside it if the body was not read to its end. An answer without that last line was cut off.',
  headers: {
    type: 'object',
    properties: {
      'x-event-key': { type: 'string', minLength: 1, description: 'The record key of every line' },
      'x-request-id': { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
    },
  },
  body: { required: true, content: { [MEDIA_TYPE]: { schema: { type: 'string', minLength: 1 } } } },
  response: {
    200: {
      description: 'Each line has its own status',
      content: { [MEDIA_TYPE]: { schema: { type: 'string' } } },
    },
    400: { description: 'Nothing stored: the request is at fault', ...errorSchema },
    408: { description: 'Nothing stored: no line came in time', ...errorSchema },
    415: { description: 'Nothing stored: not NDJSON', ...errorSchema },
    503: { description: 'Nothing stored: sending it again is safe', ...errorSchema },
  },
} as const;

/** `POST /upload/batch`: one line, one record, in a stream. */
export function addUploadBatchRoute(app: FastifyInstance, options: UploadBatchOptions): void {
  const { recordLog, limits, ending, garbage } = options;
  app.post('/upload/batch', { schema }, async (request, reply) => {
    requireNdjson(request.headers['content-type']);
    requireIdentityEncoding(request.raw);
    const key = eventKey(request.raw);
    const problem = recordLog.notReady();
    if (problem !== undefined) throw refused(problem);
    askForBody(request.raw, reply.raw);
    // What came is let go once it is in its batch, and the batch as the client copies it once it is sent.
    const noteGarbage = (bytes: number) => garbage.add(2 * bytes);
    const body = receiveBody(request.raw, limits.requestTimeoutMs, ending, noteGarbage);
    const lines = new LineReader(body, limits.maxBodyBytes);
    if (!(await lines.fill())) throw emptyBody();
    const results = new PassThrough();
    const upload = new BatchUpload(options, { requestId: request.id, key, results });
    void upload.run(lines);
    return reply.type(MEDIA_TYPE).send(results);
  });
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
