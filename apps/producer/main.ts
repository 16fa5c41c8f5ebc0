import { setFlagsFromString } from 'node:v8';
import { exposeCollector, Garbage } from '../service/garbage.ts';
import { watchCertificates } from '../kafka/certificates.ts';
import { warnOfPlainText } from '../kafka/config.ts';
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

/** What may pile up outside of V8's heap between two looks at the young generation. */
const GARBAGE_BYTES = 16 * 1024 * 1024;

// What is alive in the young generation is what is on its way to Kafka: to share that among threads takes more of the
// processor's time than to copy it, a tenth of what lines of a batch take.
setFlagsFromString('--no-parallel-scavenge');

const config = readOrExit(process, readConfig);
const { topic, delivery: limits } = config;
const log = createLog('producer', config.logLevel);
warnOfPlainText(config.kafka, log);
const shutdown = new Shutdown({ process, deadlineMs: config.shutdownDeadlineMs, log });
const registry = createRegistry();
const kafka = watchCertificates(config.kafka, registry);
const budget = new Budget(config.queue.maxRecords, config.queue.maxBytes);
const metrics = deliveryMetrics(registry);
const recordLog = new KafkaRecordLog({ kafka, topic, limits, budget, metrics, log });
addDeliveryGauges(registry, { budget, recordLog });
const drain = new Drain(config.drainDelayMs);
const app = await buildApp({
  recordLog,
  limits: config.http,
  fastPath: config.fastPath,
  patienceMs: limits.deliveryTimeoutMs,
  budget,
  garbage: new Garbage(GARBAGE_BYTES, Infinity, exposeCollector()),
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
