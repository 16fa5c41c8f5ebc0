import { createLog } from '../../service/log.ts';
import { readOrExit } from '../../service/variables.ts';
import { readStoreConfig } from '../config.ts';
import { Health } from '../health.ts';
import { Bucket } from '../store/bucket.ts';
import { Store } from '../store/store.ts';
import { readRequest, resume, ResumeError, ResumeUsageError, usage, type ResumeRequest } from './resume.ts';

const DEADLINE_MS = 60_000;

async function write(request: ResumeRequest): Promise<string> {
  const config = readOrExit(process, readStoreConfig);
  const log = createLog('resume', 'warn');
  const bucket = new Bucket(config.bucket);
  const store = new Store({
    bucket,
    health: new Health('store', log, () => performance.now()),
    observer: { retried: () => undefined, conflicted: () => undefined },
  });
  try {
    return await resume(store, config, request, AbortSignal.timeout(DEADLINE_MS));
  } finally {
    bucket.close();
  }
}

try {
  const request = readRequest(process.argv.slice(2));
  const message =
    request === 'help' ? usage : `wrote ${await write(request)}: the partition resumes within seconds`;
  process.stdout.write(`${message}\n`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof ResumeError ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ResumeUsageError ? 2 : 1;
}
