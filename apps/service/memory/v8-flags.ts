import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects what is garbage now: of the young generation alone, or all of it. */
export type RunCollector = (type: 'minor' | 'major') => void;

/** V8's own collector, which a program may call from then on. */
export function exposeCollector(): RunCollector {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  return (type) => gc({ type, execution: 'sync' });
}

/**
 * For a program that carries bytes through: what is read lives until it is written.
 *
 * To be called before any other module is loaded. While modules are, the young generation would grow to 48 MiB and stay
 * so; 2 MiB are enough for what is read between two collections. And V8 would mark the whole heap, nearly all of it
 * the program itself, whenever that and the buffers outside have grown by a quarter; now it does once they have become
 * four times as much (docs/performance-notes.md).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1 --min-semi-space-size=2');
  setFlagsFromString('--heap-growing-percent=300');
}

/**
 * For a program whose young generation is nearly all alive, as records on their way to Kafka: to share the copying among
 * threads takes more of the processor's time than the copying.
 */
export function scavengeOnOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
