import { Size } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { requireThat } from './requirements.ts';

/** Memory of a JVM besides its heap: metaspace, code, thread stacks, direct buffers. */
const HEADROOM_MEBIBYTES = 128;

/**
 * Minimum for a broker: its log cleaner allocates 128 MiB at once at start (`log.cleaner.dedupe.buffer.size`), for
 * which a heap of 256 MiB was sometimes too full.
 */
const LEAST_BROKER_MEBIBYTES = 384;

/** Half of the memory; the JVM's own overhead and the page cache for reads need the other half. */
export function defaultHeap(memory: Size): Size {
  return Size.mebibytes(Math.floor(memory.toMebibytes() / 2));
}

/** Requires that a heap fits into its container: above the limit the kernel kills the process. */
export function requireHeapFits(scope: IConstruct, subject: string, heap: Size, memory: Size): void {
  const most = memory.toMebibytes() - HEADROOM_MEBIBYTES;
  requireThat(scope, heap.toMebibytes() <= most, {
    subject,
    property: 'heap',
    value: `${heap.toMebibytes()} MiB`,
    allowed: `at most ${most} MiB, ${HEADROOM_MEBIBYTES} MiB below the memory limit (${memory.toMebibytes()} MiB)`,
    because: 'the JVM needs memory beside its heap, and is killed at the limit',
  });
}

/** Requires a heap in which a broker can always start. */
export function requireBrokerHeap(scope: IConstruct, heap: Size): void {
  requireThat(scope, heap.toMebibytes() >= LEAST_BROKER_MEBIBYTES, {
    subject: 'kafka',
    property: 'heap',
    value: `${heap.toMebibytes()} MiB`,
    allowed: `at least ${LEAST_BROKER_MEBIBYTES} MiB`,
    because: 'the log cleaner allocates 128 MiB of it in one piece when a broker starts',
  });
}
