import { backpressure } from './backpressure/backpressure.ts';
import { batch } from './batch/batch.ts';
import type { Bench } from './bench.ts';
import { crowd } from './crowd/crowd.ts';
import { endToEnd } from './end-to-end/end-to-end.ts';
import { growth } from './growth/growth.ts';
import { start } from './start/start.ts';
import { store } from './store/store.ts';
import { upload } from './upload/upload.ts';

/** Every bench that `npm run bench` knows, in the order of `all`. */
export const benches: readonly Bench[] = [upload, backpressure, crowd, batch, store, endToEnd, growth, start];
