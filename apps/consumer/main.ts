import { setFlagsFromString } from 'node:v8';
import { exposeCollector } from '../service/garbage.ts';

// Before anything else is loaded: while modules are, the young generation would grow to 48 MiB and stay so.
// Records live for a moment; 2 MiB are enough for what is read between two collections.
setFlagsFromString('--semi-space-growth-factor=1 --min-semi-space-size=2');
// Left to itself V8 marks the whole heap, 28 MiB of which nearly all is the program, whenever that and the buffers
// outside of it have grown by a quarter: 20 to 28 times for a million records, a quarter of all processor time. Once they
// have become four times as much it is 3 or 4 times, at the same peak.
setFlagsFromString('--heap-growing-percent=300');
const collectGarbage = exposeCollector();

const { run } = await import('./run.ts');
await run(process, collectGarbage);
