import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { addHealthRoutes } from '../../service/health.ts';
import type { GcPacer } from '../../service/memory/gc-pacer.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { Log } from '../../service/log.ts';
import type { RecordLog } from '../delivery/record-log.ts';
import { ContentTypes } from './content-types.ts';
import { addErrorResponses, respondToBadUrl, noteProblem } from './error-responses.ts';
import type { HttpLimits } from './limits.ts';
import type { Sources } from '../sources/sources.ts';
import { httpMetrics } from '../metrics.ts';
import { FastPath } from './fast-path/fast-path.ts';
import { MAX_HEADER_BYTES, rawRefusal } from './raw-responses.ts';
import { headProblem, requestId } from './request.ts';
import { addBatchRoute } from './batch-route.ts';
import { addUploadRoute, SECURITY_SCHEMES } from './upload-route.ts';
import { UPLOAD_ROUTE, UploadHandler } from './upload-handler.ts';
import { ProducerServer, type ProducerServerParts } from './producer-server.ts';

/**
 * Longer than load balancers keep an idle connection (ingress-nginx: 60 s), so that the producer never closes first.
 */
const KEEP_ALIVE_MS = 75_000;
const HEAD_MS = 10_000;

export interface AppOptions {
  readonly recordLog: RecordLog;
  readonly limits: HttpLimits;
  /** How long a line of a batch waits for room in the queue. */
  readonly patienceMs: number;
  readonly budget: MemoryAccount;
  /** Notified of the garbage of bodies that arrive in pieces. */
  readonly gcPacer: GcPacer;
  /** Handles plain uploads before Node's HTTP parser. */
  readonly fastPath: boolean;
  /** Who may send, and how much; `undefined` if anybody may send anything. */
  readonly sources: Sources | undefined;
  readonly registry: Registry;
  readonly log: Log;
  /** Aborts when readiness fails. */
  readonly draining: AbortSignal;
  /** Called when the first byte of an upload arrives. */
  readonly onUpload: () => void;
  /** Aborts when the program stops reading requests. */
  readonly ending: AbortSignal;
}

/** Builds the HTTP side, which does not listen yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { recordLog, limits, registry, draining } = options;
  const metrics = httpMetrics(registry);
  const parts = {
    ...options,
    metrics,
    contentTypes: new ContentTypes(),
    uploads: new UploadHandler({ ...options, metrics }),
  };
  const serverParts: ProducerServerParts = {
    budget: options.budget,
    fastPath: new FastPath(parts),
    onUpload: options.onUpload,
    times: {
      headMs: Math.min(HEAD_MS, limits.requestTimeoutMs),
      stalledMs: limits.requestTimeoutMs,
    },
    refuse: (problem) => {
      const failed = { id: randomUUID(), route: 'none', error: problem, log: options.log };
      return rawRefusal(problem, noteProblem(problem, failed, metrics));
    },
  };
  const serverOptions = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // headProblem() checks it, so that the response has the form of every other error.
    requireHostHeader: false,
  };
  const loggerInstance: FastifyBaseLogger = options.log;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    genReqId: requestId,
    return503OnClosing: false,
    serverFactory: (handler) => new ProducerServer(serverOptions, handler, serverParts),
    clientErrorHandler: (error, socket) => app.server.onClientError(error, socket),
    frameworkErrors: (_error, request, reply) => respondToBadUrl(request, reply, { metrics, draining }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Headwater producer',
        version: '1',
        description: 'Events over HTTP into one Kafka topic',
      },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
  });
  // The routes read the bodies: they know the limits, and which requests they can refuse before.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // The request schemas are documentation: the routes check more than a schema can express.
  app.setValidatorCompiler(() => () => true);

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done(headProblem(request.raw));
  });
  addErrorResponses(app, metrics);
  // Checked late, so that a request in progress when draining starts also closes its connection.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.aborted) reply.header('connection', 'close');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    // Ends the stream of a body that was read at once; otherwise an idle connection would keep its last request in
    // memory.
    if (request.raw.complete) request.raw.read();
    const route = request.routeOptions.url;
    if (route?.startsWith('/upload') === true) {
      metrics.duration.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1_000);
      if (route === UPLOAD_ROUTE) metrics.uploads.inc({ path: 'node' });
    }
    done();
  });
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request, response) => app.server.emit('request', request, response));
  }

  addHealthRoutes(app, {
    registry,
    notReady: () => (draining.aborted ? 'shutting down' : recordLog.notReady()),
  });
  addUploadRoute(app, parts);
  addBatchRoute(app, parts);
  // Rendered once, since no route is added later.
  let openApi: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    openApi ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(openApi);
  });
  await app.ready();
  return app;
}
