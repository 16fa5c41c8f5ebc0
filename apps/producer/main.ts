import { exposeCollector, Garbage } from '../service/garbage.ts';
import { createLog } from '../service/log.ts';
import { createRegistry } from '../service/metrics.ts';
import { Shutdown } from '../service/shutdown.ts';
import { readOrExit } from '../service/variables.ts';
import { buildApp } from './app.ts';
import { Budget } from './budget.ts';
import { readConfig } from './config.ts';
import { KafkaRecordLog } from './delivery/kafka-record-log.ts';
import { Drain } from './drain.ts';
import { Listener } from './listener.ts';
import { addDeliveryGauges, deliveryMetrics } from './metrics.ts';

/**
 * What may pile up between two collections. Large bodies become old in the queue, and by itself V8 collects them beside
 * the program: on a busy machine 1,000 of them at once came to 541 MiB.
 */
const GARBAGE_BYTES = { young: 16 * 1024 * 1024, all: 64 * 1024 * 1024 };

const config = readOrExit(process, readConfig);
const { kafka, topic, delivery: limits } = config;
const log = createLog('producer', config.logLevel);
const shutdown = new Shutdown({ process, deadlineMs: config.shutdownDeadlineMs, log });
const registry = createRegistry();
const budget = new Budget(config.queue.maxRecords, config.queue.maxBytes);
const metrics = deliveryMetrics(registry);
const collectGarbage = exposeCollector();
const recordLog = new KafkaRecordLog({ kafka, topic, limits, budget, metrics, log });
addDeliveryGauges(registry, { budget, recordLog });
const drain = new Drain(config.drainDelayMs);
const app = await buildApp({
  recordLog,
  limits: config.http,
  patienceMs: limits.deliveryTimeoutMs,
  budget,
  bodyGarbage: new Garbage(GARBAGE_BYTES.young, GARBAGE_BYTES.all, collectGarbage),
  lineGarbage: new Garbage(GARBAGE_BYTES.young, Infinity, collectGarbage),
  registry,
  log,
  draining: shutdown.signal,
  ending: drain.ending,
});
const listener = new Listener(app);
shutdown.onShutdown('connections', (deadline) => drain.finish(listener, deadline - 500));
shutdown.onShutdown('kafka', (deadline) => recordLog.close(deadline - 1_000));
shutdown.onShutdown('listener', (deadline) => drain.begin(listener, deadline - 1_500));
recordLog.start();
await listener.listen(config.listen);
