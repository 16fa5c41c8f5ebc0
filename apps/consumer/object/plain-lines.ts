import { compiled, instantiate } from '../../service/assembly.ts';
import type { Lines, Room } from './segment-buffer.ts';
import type { BatchRecords } from '../../kafka/records/batch-records.ts';

/** What `assembly/plain-lines.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: WebAssembly.Global<number>;
  readonly INPUT_BYTES: WebAssembly.Global<number>;
  readonly OUTPUT: WebAssembly.Global<number>;
  readonly taken: WebAssembly.Global<number>;
  readonly made: WebAssembly.Global<number>;
  readonly firstTimestamp: WebAssembly.Global<bigint>;
  readonly lastTimestamp: WebAssembly.Global<bigint>;
  readonly encode: (
    bytes: number,
    baseOffset: number,
    baseTimestamp: bigint,
    isAppendTime: boolean,
    offset: number,
    maxEnd: number,
    maxRecords: number,
    maxBytes: number,
  ) => number;
}

const path = new URL('../assembly/plain-lines.wasm', import.meta.url);
const { memory, encode, ...globals } = instantiate(compiled(path)) as Exports;
const inputAt = globals.INPUT.value;
const inputBytes = globals.INPUT_BYTES.value;
const bytesOfMemory = Buffer.from(memory.buffer);

/**
 * Takes records from a batch and writes them as lines, dozens in one call, faster than {@link LineEncoder} does one by one. For
 * plain records only: at most 64 KiB, a key and header names without JSON escapes, and no header without a value. All other
 * records are left to {@link LineEncoder}.
 *
 * @param offset of the first record; the others must follow at consecutive offsets
 * @returns the lines, in memory that the next call uses again; `undefined` if the next record is not plain
 */
export function encodePlain(records: BatchRecords, offset: number, room: Room): Lines | undefined {
  const { base, rest, left } = records;
  const bytes = rest.copy(bytesOfMemory, inputAt, 0, inputBytes);
  const count = encode(
    bytes,
    base.baseOffset,
    base.appendTimestamp ?? base.baseTimestamp,
    base.appendTimestamp !== undefined,
    offset,
    room.end,
    Math.min(room.records, left),
    room.bytes,
  );
  if (count === 0) return undefined;
  records.skip(count, globals.taken.value);
  const outputAt = globals.OUTPUT.value;
  return {
    count,
    first: { offset, timestamp: globals.firstTimestamp.value },
    last: { offset: offset + count - 1, timestamp: globals.lastTimestamp.value },
    length: globals.made.value,
    pieces: [bytesOfMemory.subarray(outputAt, outputAt + globals.made.value)],
  };
}
