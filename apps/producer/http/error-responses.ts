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

/** What is known of a request that went wrong. */
export interface FailedRequest {
  readonly id: string;
  readonly route: string;
  /** What was thrown. */
  readonly error: unknown;
  readonly log: Pick<FastifyBaseLogger, 'debug' | 'error'>;
}

/**
 * Counts an error. Each is logged only for debugging: what clients do wrong must not fill the log, and what Kafka
 * does is logged where it is noticed. Only what nobody foresaw is noticed here.
 *
 * @returns what its answer says
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

/** Answers every error in one shape and counts it. */
export function addErrorResponses(app: FastifyInstance, metrics: HttpMetrics): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    methods.set(url, known);
  });

  const answer = (
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
    return answer(fromFastify(error) ?? toProblem(error), request, reply, error);
  });

  // Before Fastify looks at anything else of a request that it has no route for, as at the content type of a QUERY.
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

/** What a request is answered whose path Fastify cannot decode: none of the hooks is called for it. */
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

/** What Fastify refuses by itself, before a route is asked. */
function fromFastify(error: Error): Problem | undefined {
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError> & Error;
  if (!code.startsWith('FST_ERR_') || statusCode >= 500) return undefined;
  if (statusCode === 415) return badMediaType();
  return new Problem(statusCode, 'malformed_request', message, 'see /openapi.json');
}
