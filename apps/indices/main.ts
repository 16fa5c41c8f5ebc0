import { createLog } from '../service/log.ts';
import { readOrExit } from '../service/variables.ts';
import { readConfig } from './config.ts';
import { install } from './install.ts';
import { SearchClient } from './search-client.ts';

const config = readOrExit(process, readConfig);
const log = createLog('indices', config.logLevel);

// Process 1 of a container ignores SIGTERM without a handler. Exiting at any time is safe: the cluster applies each
// request as a whole.
process.once('SIGTERM', () => process.exit(143));

try {
  await install(new SearchClient(config.search), config, { deadlineMs: config.deadlineMs, log });
  log.info({ prefix: config.prefix }, 'index template and lifecycle policy are as declared');
} catch (error) {
  log.fatal({ err: error }, 'index template and lifecycle policy are not as declared');
  process.exitCode = 1;
}
