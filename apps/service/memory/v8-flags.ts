import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Runs a garbage collection: of the young generation (`minor`) or of the whole heap (`major`). */
export type RunCollector = (type: 'minor' | 'major') => void;

/** Makes V8's garbage collector callable. */
export function exposeCollector(): RunCollector {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  return (type) => gc({ type, execution: 'sync' });
}

/**
 * For a program that passes bytes on: what it reads lives until it is written.
 *
 * Must be called before any other module is loaded, since loading lets the young generation grow for good. Keeps the young
 * generation small, and lets the heap quadruple between two markings of all of it, which is mostly the program's code
 * (docs/performance-notes.md).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1 --min-semi-space-size=2');
  setFlagsFromString('--heap-growing-percent=300');
}

/**
 * For a program whose young generation is mostly alive, such as records in flight to Kafka: parallel scavenging costs more
 * CPU time than it saves.
 */
export function scavengeOnOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
