/** The HTTP side of the producer with no Kafka behind it: what `POST /upload` could reach at most. */
import { buildApp } from '../../../apps/producer/http/app.ts';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import type { RecordLog } from '../../../apps/producer/delivery/record-log.ts';
import { Listener } from '../../../apps/producer/http/listener.ts';
import { GcPacer } from '../../../apps/service/memory/gc-pacer.ts';
import { createLog } from '../../../apps/service/log.ts';
import { createRegistry } from '../../../apps/service/metrics.ts';

let offset = 0;
const recordLog: RecordLog = {
  topic: 'none',
  notReady: () => undefined,
  template: () => ({ bytes: 0 }),
  append: () => Promise.resolve({ partition: 0, offset: offset++, timestamp: Date.now() }),
  appendAll: ({ numbers }, settled) =>
    settled(0, numbers.length, { partition: 0, offset: (offset += numbers.length), timestamp: Date.now() }),
};
const never = new AbortController().signal;
const app = await buildApp({
  recordLog,
  limits: { maxBodyBytes: 1_000_000, requestTimeoutMs: 30_000 },
  sources: undefined,
  fastPath: true,
  patienceMs: 25_000,
  budget: new MemoryAccount({ bytes: 67_108_864, records: 40_000 }),
  gcPacer: new GcPacer(Infinity, Infinity, () => undefined),
  registry: createRegistry(),
  log: createLog('ceiling', 'warn'),
  draining: never,
  onUpload: () => undefined,
  ending: never,
});
process.once('SIGTERM', () => process.exit(0));
await new Listener(app).listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
