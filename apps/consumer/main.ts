import { setFlagsFromString } from 'node:v8';
import { exposeCollector } from '../service/garbage.ts';

// Before anything else is loaded: while modules are, the young generation would grow to 48 MiB and stay so.
// Records live for a moment; 2 MiB are enough for what is read between two collections.
setFlagsFromString('--semi-space-growth-factor=1 --min-semi-space-size=2');
const collectGarbage = exposeCollector();

const { run } = await import('./run.ts');
await run(process, collectGarbage);
