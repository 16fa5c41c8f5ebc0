import { exposeCollector, keepHeapSmall } from '../service/memory/v8-flags.ts';

// Before anything else is loaded.
keepHeapSmall();
const runCollector = exposeCollector();

const { run } = await import('./run.ts');
await run(process, runCollector);
