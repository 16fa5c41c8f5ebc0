import { watchCertificates } from '../kafka/certificates.ts';
import { warnOfPlainText } from '../kafka/config.ts';
import { createLog } from '../service/log.ts';
import { GcPacer } from '../service/memory/gc-pacer.ts';
import { MemoryAccount } from '../service/memory/memory-account.ts';
import { exposeCollector, scavengeOnOneThread } from '../service/memory/v8-flags.ts';
import { createRegistry } from '../service/metrics.ts';
import { Shutdown } from '../service/shutdown.ts';
import { readOrExit } from '../service/variables.ts';
import { buildApp } from './http/app.ts';
import { readConfig } from './config.ts';
import { KafkaRecordLog } from './delivery/kafka-record-log.ts';
import { Drain } from './http/drain.ts';
import { Listener } from './http/listener.ts';
import { addDeliveryGauges, addSourceMetrics, deliveryMetrics } from './metrics.ts';
import { openSources } from './sources/open-sources.ts';

/** Garbage outside of V8's heap after which the young generation is collected. */
const UNCOLLECTED_BYTES = 16 * 1024 * 1024;

scavengeOnOneThread();

const config = readOrExit(process, readConfig);
const { topic, delivery: limits } = config;
const log = createLog('producer', config.logLevel);
warnOfPlainText(config.kafka, log);
const shutdown = new Shutdown({ process, deadlineMs: config.shutdownDeadlineMs, log });
const registry = createRegistry();
const kafka = watchCertificates(config.kafka, registry);
const budget = new MemoryAccount({ bytes: config.queue.maxBytes, records: config.queue.maxRecords });
const metrics = deliveryMetrics(registry);
const recordLog = new KafkaRecordLog({ kafka, topic, limits, budget, metrics, log });
addDeliveryGauges(registry, { budget, recordLog });
const sources = openSources(config.sources, log);
if (sources !== undefined) addSourceMetrics(registry, sources);
const { drainDelayMs, shutdownDeadlineMs } = config;
const drain = new Drain({
  quietMs: drainDelayMs,
  // Requests in progress keep their own time, as far as the deadline leaves it.
  maxMs: Math.max(drainDelayMs, shutdownDeadlineMs - limits.deliveryTimeoutMs),
});
const app = await buildApp({
  recordLog,
  limits: config.http,
  sources,
  fastPath: config.fastPath,
  patienceMs: limits.deliveryTimeoutMs,
  budget,
  gcPacer: new GcPacer(UNCOLLECTED_BYTES, Infinity, exposeCollector()),
  registry,
  log,
  draining: shutdown.signal,
  onUpload: drain.onUpload,
  ending: drain.ending,
});
const listener = new Listener(app);
shutdown.onShutdown('connections', (deadline) => drain.finish(listener, deadline - 500));
shutdown.onShutdown('kafka', (deadline) => recordLog.close(deadline - 1_000));
shutdown.onShutdown('listener', (deadline) => drain.begin(listener, deadline - 1_500));
recordLog.start();
await listener.listen(config.listen);
