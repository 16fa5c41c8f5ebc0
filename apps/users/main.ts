import { createLog } from '../service/log.ts';
import { readOrExit } from '../service/variables.ts';
import { readConfig } from './config.ts';
import { writeUsers } from './write-users.ts';

const config = readOrExit(process, readConfig);
const log = createLog('users', config.logLevel);

// Process 1 of a container ignores SIGTERM without a handler. Exiting at any time is safe: Kafka applies the change as
// a whole.
process.once('SIGTERM', () => process.exit(143));

try {
  await writeUsers(config, log);
  log.info({ users: config.users.map(({ name }) => name) }, 'users have their passwords');
} catch (error) {
  log.fatal({ err: error }, 'users do not have their passwords');
  process.exitCode = 1;
}
