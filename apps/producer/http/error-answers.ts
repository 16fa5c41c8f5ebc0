import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpMetrics } from '../metrics.ts';
import { badMediaType, Problem, toProblem, type ErrorBody } from './problem.ts';

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
export function addErrorAnswers(app: FastifyInstance, metrics: HttpMetrics): void {
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

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...(methods.get(path) ?? [])];
    const problem = allowed.length > 0 ? methodNotAllowed(request.method, path, allowed) : notFound(path);
    return answer(problem, request, reply);
  });
}

function methodNotAllowed(method: string, path: string, allowed: readonly string[]): Problem {
  const allow = allowed.join(', ');
  return new Problem(
    405,
    'method_not_allowed',
    `${path} takes ${allow}, got ${method}`,
    `send it as ${allowed[0] ?? 'GET'}`,
    { allow },
  );
}

function notFound(path: string): Problem {
  return new Problem(
    404,
    'not_found',
    `no such path: ${path}`,
    'events go to /upload, or /upload/batch as lines',
  );
}

/** What Fastify refuses by itself, before a route is asked. */
function fromFastify(error: Error): Problem | undefined {
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError> & Error;
  if (!code.startsWith('FST_ERR_') || statusCode >= 500) return undefined;
  if (statusCode === 415) return badMediaType();
  return new Problem(statusCode, 'malformed_request', message, 'see /openapi.json');
}
