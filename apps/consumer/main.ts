import { exposeCollector, keepHeapSmall } from '../service/memory/v8-flags.ts';

// Before anything else is loaded.
keepHeapSmall();
const collectGarbage = exposeCollector();

const { run } = await import('./run.ts');
await run(process, collectGarbage);
