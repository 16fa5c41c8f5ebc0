import { batch } from './batch/batch.ts';
import type { Bench } from './bench.ts';
import { upload } from './upload/upload.ts';

/** Every bench that `npm run bench` knows, in the order of `all`. */
export const benches: readonly Bench[] = [upload, batch];
