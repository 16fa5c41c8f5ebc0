import type { RunCollector } from '../service/memory/v8-flags.ts';
import { warnOfPlainText } from '../kafka/config.ts';
import { createLog } from '../service/log.ts';
import { createRegistry } from '../service/metrics.ts';
import { Shutdown } from '../service/shutdown.ts';
import { readOrExit } from '../service/variables.ts';
import { buildApp } from './app.ts';
import { readConfig } from './config.ts';
import { Consumer } from './consumer.ts';

/** Runs the consumer until a signal ends it. */
export async function run(process: NodeJS.Process, runCollector: RunCollector): Promise<void> {
  const config = readOrExit(process, readConfig);
  const log = createLog('consumer', config.logLevel);
  warnOfPlainText(config.kafka, log);
  const shutdown = new Shutdown({ process, deadlineMs: config.shutdownDeadlineMs, log });
  const registry = createRegistry();
  const consumer = new Consumer(config, registry, log, runCollector);
  const notReady = (): string | undefined => (shutdown.signal.aborted ? 'shutting down' : consumer.notReady);
  const app = buildApp({ registry, notReady });
  shutdown.onShutdown('listener', () => app.close());
  shutdown.onShutdown('consumer', (deadline) => consumer.stop(deadline - 1000));
  log.info({ address: await app.listen(config.listen) }, 'listening');
  // Frees what loading the modules has left.
  runCollector('major');
  try {
    await consumer.start(shutdown.signal);
  } catch (error) {
    log.fatal({ err: error }, 'the consumer must not write to this prefix');
    process.exit(1);
  }
}
