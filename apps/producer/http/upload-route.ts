import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Sources } from '../sources/sources.ts';
import { charge, senderOf } from './admission.ts';
import { readBody, type BodyOptions } from './body.ts';
import type { ContentType, ContentTypes } from './content-types.ts';
import { jsonProblem } from './json.ts';
import { badMediaType, emptyBody, errorSchema, Problem } from './problem.ts';
import { eventKey, MAX_KEY_BYTES, requireIdentityEncoding } from './request.ts';
import { UPLOAD_ROUTE, type UploadResponse, type UploadHandler } from './upload-handler.ts';

export interface UploadRouteOptions extends BodyOptions {
  readonly uploads: UploadHandler;
  readonly contentTypes: ContentTypes;
  /** `undefined` if anybody may send anything. */
  readonly sources: Sources | undefined;
}

export const JSON_MEDIA_TYPE = 'application/json';

/** The scheme of the API's description by which a source with keys is known. */
export const SECURITY_SCHEMES = {
  sourceKey: { type: 'http', scheme: 'bearer', description: 'A key of a source' },
} as const;
/** An open source takes requests without a key. */
export const SECURITY = [{ sourceKey: [] }, {}];

export const sourceHeader = {
  type: 'string',
  description: 'The source that the client believes it is: a key of another one is refused',
} as const;

/** Responses to a request of nobody who may send it, or not so much. */
export const admissionResponses = {
  401: { description: 'Not stored: no key, or none that is valid', ...errorSchema },
  403: { description: 'Not stored: the key is not one of the source in X-Source', ...errorSchema },
  429: { description: 'Not stored: above a limit of the source or the key', ...errorSchema },
} as const;

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
        maxLength: MAX_KEY_BYTES,
        description: 'The record key: events of one key keep their order, in one partition',
      },
      'x-request-id': {
        type: 'string',
        pattern: '^[\\x21-\\x7e]{1,128}$',
        description: 'Kept with the event and returned; anything else is replaced by a generated one',
      },
      'x-source': sourceHeader,
    },
  },
  body: {
    required: true,
    content: {
      'application/json': { schema: {} },
      '*/*': { schema: { type: 'string', format: 'binary', minLength: 1 } },
    },
  },
  security: SECURITY,
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
    ...admissionResponses,
    408: { description: 'Not stored: the body came too slowly', ...errorSchema },
    413: { description: 'Not stored: too large', ...errorSchema },
    415: { description: 'Not stored: a form or an encoded body', ...errorSchema },
    503: { description: 'Not stored: sending it again is safe', ...errorSchema },
    504: { description: 'Stored or not: sending it again may store it twice', ...errorSchema },
  },
} as const;

/**
 * `POST /upload`: one body, one record. Gets the uploads that the fast path (`fast-path/`) leaves to Node's parser.
 *
 * The route's first hook writes the whole response, errors too. The rest of Fastify (body parser, validation, promises,
 * serialization, `onSend`) has nothing to do here and would cost a large part of each request (docs/performance-notes.md).
 */
export function addUploadRoute(app: FastifyInstance, options: UploadRouteOptions): void {
  const { uploads, contentTypes, sources } = options;

  const upload = async ({ raw, id }: FastifyRequest, response: ServerResponse): Promise<UploadResponse> => {
    try {
      const sender = senderOf(sources, raw);
      const header = raw.headers['content-type'];
      const contentType = header === undefined ? undefined : contentTypes.read(header);
      const problem = contentType && mediaTypeProblem(contentType);
      if (problem !== undefined) throw problem;
      requireIdentityEncoding(raw);
      const key = eventKey(raw);
      const value = await readBody(raw, response, options, (bytes) => charge(sender, bytes));
      if (value.length === 0) throw emptyBody();
      if (contentType?.mediaType === JSON_MEDIA_TYPE) requireJson(value);
      return await uploads.store({ id, contentType, key }, value);
    } catch (error) {
      return uploads.refuse(id, error);
    }
  };

  const write = (reply: FastifyReply, { status, headers, body, encoding, last }: UploadResponse): void => {
    reply.hijack();
    reply.raw
      .writeHead(status, last ? [...headers, 'connection', 'close'] : [...headers])
      .end(body, encoding);
  };

  app.post(
    UPLOAD_ROUTE,
    {
      schema,
      onRequest: (request, reply) =>
        void upload(request, reply.raw).then((response) => write(reply, response)),
    },
    // Not reached: the hook has written the response.
    () => undefined,
  );
}

/** 415 if it is not a media type, or is that of a form. */
export function mediaTypeProblem({ mediaType }: ContentType): Problem | undefined {
  if (mediaType === undefined) return badMediaType();
  if (mediaType !== 'multipart/form-data' && mediaType !== 'application/x-www-form-urlencoded')
    return undefined;
  const hint =
    mediaType === 'multipart/form-data'
      ? 'with curl, replace -F by: curl --data-binary @FILE -H "Content-Type: application/octet-stream" …/upload'
      : 'with curl, say what it is: curl --json @FILE …/upload, or --data-binary @FILE -H "Content-Type: text/plain"';
  return new Problem(
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
