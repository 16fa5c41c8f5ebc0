import { warnOfPlainText } from '../kafka/config.ts';
import { createLog } from '../service/log.ts';
import { readOrExit } from '../service/variables.ts';
import { readConfig } from './config.ts';
import { converge } from './converge.ts';
import { TopicsAdmin } from './topics-admin.ts';

const { kafka, topics, clusterConfigs, deadlineMs, logLevel } = readOrExit(process, readConfig);
const log = createLog('topics', logLevel);
warnOfPlainText(kafka, log);
const admin = new TopicsAdmin(kafka);

// Process 1 of a container ignores SIGTERM without a handler. Exiting at any time is safe: Kafka applies each change as
// a whole.
process.once('SIGTERM', () => process.exit(143));

try {
  await converge(admin, { topics, clusterConfigs }, { deadlineMs, log });
  log.info({ topics: topics.map(({ name }) => name) }, 'topics are as declared');
} catch (error) {
  log.fatal({ err: error }, 'topics are not as declared');
  process.exitCode = 1;
} finally {
  await admin.close();
}
