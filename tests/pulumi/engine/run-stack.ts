import { openBackend, openStack } from './stack.ts';
import type { StackRun } from './stack-process.ts';

/** A preview or an up in a process of its own; the one argument is a {@link StackRun} as JSON. */
const { directory, programs, name, operation, environment } = JSON.parse(process.argv[2] ?? '') as StackRun;
const backend = await openBackend(directory, programs);
const stack = await openStack({ backend, name, environment: () => environment });
try {
  await stack[operation]();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
