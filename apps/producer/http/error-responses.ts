import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpMetrics } from '../metrics.ts';
import {
  badMediaType,
  badUrl,
  methodNotAllowed,
  notFound,
  Problem,
  toProblem,
  type ErrorBody,
} from './problem.ts';

/** A request that failed. */
export interface FailedRequest {
  readonly id: string;
  readonly route: string;
  /** The thrown value. */
  readonly error: unknown;
  readonly log: Pick<FastifyBaseLogger, 'debug' | 'error'>;
}

/**
 * Counts an error. Logs it at level `debug` only: errors of clients must not fill the log, and errors of Kafka are
 * logged where they occur. An unexpected error is logged here.
 *
 * @returns the body of the response
 */
export function noteProblem(
  { statusCode, code, message, hint }: Problem,
  { id, route, error, log }: FailedRequest,
  metrics: HttpMetrics,
): ErrorBody {
  metrics.records.inc({ route, code });
  if (statusCode === 500) log.error({ err: error, requestId: id }, 'unforeseen error');
  log.debug({ requestId: id, route, statusCode, code }, message);
  return { error: { code, message, hint }, requestId: id };
}

/** Sends every error in the same form, and counts it. */
export function addErrorResponses(app: FastifyInstance, metrics: HttpMetrics): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    methods.set(url, known);
  });

  const respond = (
    problem: Problem,
    { id, routeOptions, log }: FastifyRequest,
    reply: FastifyReply,
    error: unknown = problem,
  ): FastifyReply => {
    const { statusCode, headers } = problem;
    const body = noteProblem(problem, { id, route: routeOptions.url ?? 'none', error, log }, metrics);
    return reply.code(statusCode).headers(headers).send(body);
  };

  app.setErrorHandler((error: Error, request, reply) => {
    return respond(fromFastify(error) ?? toProblem(error), request, reply, error);
  });

  // Before Fastify checks anything else of a request without a route, such as the content type of a QUERY request.
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = methods.get(path);
    done(allowed === undefined ? notFound(path) : methodNotAllowed(request.method, path, [...allowed]));
  });
}

/** Responds to a path that Fastify cannot decode; Fastify calls no hook for it. */
export function respondToBadUrl(
  { id, raw, log }: FastifyRequest,
  reply: FastifyReply,
  { metrics, draining }: { readonly metrics: HttpMetrics; readonly draining: AbortSignal },
): void {
  const problem = badUrl(raw.url ?? '');
  const body = noteProblem(problem, { id, route: 'none', error: problem, log }, metrics);
  if (draining.aborted) reply.header('connection', 'close');
  void reply
    .code(problem.statusCode)
    .headers({ 'x-request-id': id, 'content-type': 'application/json; charset=utf-8' })
    .send(JSON.stringify(body));
}

/** Maps the errors that Fastify throws before a route runs. */
function fromFastify(error: Error): Problem | undefined {
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError> & Error;
  if (!code.startsWith('FST_ERR_') || statusCode >= 500) return undefined;
  if (statusCode === 415) return badMediaType();
  return new Problem(statusCode, 'malformed_request', message, 'see /openapi.json');
}
