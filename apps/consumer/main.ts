import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Before anything else is loaded: while modules are, the young generation would grow to 48 MiB and stay so.
// Records live for a moment; 2 MiB are enough for what is read between two collections.
setFlagsFromString('--semi-space-growth-factor=1 --min-semi-space-size=2');
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options: object) => void;

const { run } = await import('./run.ts');
await run(process, (type) => gc({ type, execution: 'sync' }));
