import { createLog } from '../../service/log.ts';
import { readOrExit } from '../../service/variables.ts';
import { readStoreConfig } from '../config.ts';
import { Health } from '../health.ts';
import { Bucket } from '../store/bucket.ts';
import { Store } from '../store/store.ts';
import { readRequest, release, ReleaseError, usage, type ReleaseRequest } from './resume.ts';

const DEADLINE_MS = 60_000;

async function write(request: ReleaseRequest): Promise<string> {
  const config = readOrExit(process, readStoreConfig);
  const log = createLog('release', 'warn');
  const bucket = new Bucket(config.bucket);
  const store = new Store({
    bucket,
    health: new Health('store', log, () => performance.now()),
    observer: { retried: () => undefined, conflicted: () => undefined },
  });
  try {
    return await release(store, config, request, AbortSignal.timeout(DEADLINE_MS));
  } finally {
    bucket.close();
  }
}

try {
  const request = readRequest(process.argv.slice(2));
  const said =
    request === 'help' ? usage : `wrote ${await write(request)}: the partition goes on within seconds`;
  process.stdout.write(`${said}\n`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof ReleaseError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
