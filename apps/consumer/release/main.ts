import { createLog } from '../../service/log.ts';
import { readOrExit } from '../../service/variables.ts';
import { readStoreConfig } from '../config.ts';
import { Health } from '../health.ts';
import { Bucket } from '../store/bucket.ts';
import { Store } from '../store/store.ts';
import { readRequest, release, ReleaseError } from './release.ts';

const DEADLINE_MS = 60_000;

const config = readOrExit(process, readStoreConfig);
const log = createLog('release', 'warn');
const bucket = new Bucket(config.bucket);
const store = new Store({
  bucket,
  health: new Health('store', log, () => performance.now()),
  observer: { retried: () => undefined, conflicted: () => undefined },
});
try {
  const request = readRequest(process.argv.slice(2));
  const key = await release(store, config, request, AbortSignal.timeout(DEADLINE_MS));
  process.stdout.write(`wrote ${key}: the partition goes on within seconds\n`);
} catch (error) {
  process.stderr.write(`${error instanceof ReleaseError ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  bucket.close();
}
