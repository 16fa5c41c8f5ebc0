import { createLog } from '../service/log.ts';
import { readOrExit } from '../service/variables.ts';
import { readConfig } from './config.ts';
import { install } from './install.ts';
import { SearchClient } from './search-client.ts';

const config = readOrExit(process, readConfig);
const log = createLog('indices', config.logLevel);

// As process 1 of a container it would not end on SIGTERM otherwise; every change is whole by itself.
process.once('SIGTERM', () => process.exit(143));

try {
  await install(new SearchClient(config.search), config, { deadlineMs: config.deadlineMs, log });
  log.info({ prefix: config.prefix }, 'index template and lifecycle policy are as declared');
} catch (error) {
  log.fatal({ err: error }, 'index template and lifecycle policy are not as declared');
  process.exitCode = 1;
}
