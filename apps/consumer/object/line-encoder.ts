import { isUtf8 } from 'node:buffer';
import { isJsonLine } from '../../service/json-check.ts';
import type { LineBytes } from './segment-buffer.ts';
import type { KafkaRecord } from '../../kafka/records/records.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const VALUE = ',"value":';
const END = Buffer.from('}\n');
const BASE64_END = Buffer.from('"}\n');

const SCRATCH_BYTES = 64 * 1024;
/** A longer key is written in Base64: JSON escapes could make it six times as long. */
const MAX_TEXT_KEY_BYTES = 64 * 1024;
/** Bytes of a value per piece of Base64; divisible by 3, so that only the last piece is padded. */
const BASE64_PIECE_BYTES = 48 * 1024;

/**
 * Writes records as lines of an object, from which every byte can be read back:
 * `{"offset":…,"timestamp":…,"key":…,"headers":[[name,base64],…],"value":…}` and a line feed.
 *
 * - `value` is last and is the record's own text where that is JSON in UTF-8 on one line that every reader reads, else
 *   `valueBase64` stands in its place; a tombstone has neither. One line break at the end of the text is no part of
 *   `value`: it stands in `valueLineEnd` before it.
 * - `key` is a JSON string where the key is UTF-8 of at most 64 KiB, else `keyBase64`; a record without a key has neither.
 * - A header without a value is `[name,null]`. A header whose name is not UTF-8 has its name's bytes as a third
 *   element in Base64.
 */
export class LineEncoder {
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #timestamp = -1n;
  #timestampText = '-1';

  /** @returns the line; its first piece is in memory that the next call uses again, its value in the record's memory */
  encode(record: KafkaRecord): LineBytes {
    const { value } = record;
    const head = `{"offset":${record.offset},"timestamp":${this.#timeText(record.timestamp)}${key(record.key)},"headers":[${headers(record)}]`;
    if (value === null) return line(this.#bytes(head), [], END);
    const lineEnd = lineEndOf(value);
    const end = value.length - lineEnd.length;
    if (isJsonLine(value, end)) {
      const broken = lineEnd === '' ? '' : `,"valueLineEnd":${JSON.stringify(lineEnd)}`;
      return line(this.#bytes(head + broken + VALUE), [value.subarray(0, end)], END);
    }
    const length = Math.ceil(value.length / 3) * 4;
    return line(this.#bytes(`${head},"valueBase64":"`), base64(value), BASE64_END, length);
  }

  /** Caches the last text: many records of a batch have the same timestamp, and printing a bigint is slow. */
  #timeText(timestamp: bigint): string {
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#timestampText = String(timestamp);
    }
    return this.#timestampText;
  }

  #bytes(text: string): Buffer {
    const length = Buffer.byteLength(text);
    if (length > SCRATCH_BYTES) return Buffer.from(text);
    return this.#scratch.subarray(0, this.#scratch.write(text, 'utf8'));
  }
}

function line(head: Buffer, value: Iterable<Buffer>, end: Buffer, valueLength?: number): LineBytes {
  const bytes = valueLength ?? [...value].reduce((sum, { length }) => sum + length, 0);
  return {
    length: head.length + bytes + end.length,
    pieces: {
      *[Symbol.iterator]() {
        yield head;
        yield* value;
        yield end;
      },
    },
  };
}

/** Encodes piece by piece, anew at each iteration. */
function base64(bytes: Buffer): Iterable<Buffer> {
  return {
    *[Symbol.iterator]() {
      for (let at = 0; at < bytes.length; at += BASE64_PIECE_BYTES) {
        yield Buffer.from(bytes.toString('base64', at, at + BASE64_PIECE_BYTES), 'latin1');
      }
    },
  };
}

function lineEndOf(value: Buffer): '' | '\n' | '\r\n' {
  if (value.at(-1) !== LINE_FEED) return '';
  return value.at(-2) === CARRIAGE_RETURN ? '\r\n' : '\n';
}

function key(bytes: Buffer | null): string {
  if (bytes === null) return '';
  return bytes.length <= MAX_TEXT_KEY_BYTES && isUtf8(bytes)
    ? `,"key":${JSON.stringify(bytes.toString('utf8'))}`
    : `,"keyBase64":"${bytes.toString('base64')}"`;
}

function headers(record: KafkaRecord): string {
  if (record.headers.length === 0) return '';
  return record.headers
    .map(({ name, value }) => {
      const text = JSON.stringify(name.toString('utf8'));
      const content = value === null ? 'null' : `"${value.toString('base64')}"`;
      return isUtf8(name) ? `[${text},${content}]` : `[${text},${content},"${name.toString('base64')}"]`;
    })
    .join(',');
}
