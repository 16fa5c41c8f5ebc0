import { isUtf8 } from 'node:buffer';
import type { KafkaRecord } from './kafka/records.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CLOSING_BRACE = 0x7d;
const VALUE = ',"value":';
const END = '}\n';

const FIRST_BYTES = 64 * 1024;

/**
 * Writes records as lines of an object, from which every byte comes back:
 * `{"offset":…,"timestamp":…,"key":…,"headers":[[name,base64],…],"value":…}` and a line feed.
 *
 * - `value` is last and is the record's own text where that is JSON in UTF-8 without a line break, else
 *   `valueBase64` stands in its place; a tombstone has neither.
 * - `key` is a JSON string where the key is UTF-8, else `keyBase64`; a record without a key has neither.
 * - A header without a value is `[name,null]`. A header whose name is not UTF-8 has its name's bytes as a third
 *   element in Base64.
 */
export class LineEncoder {
  #scratch = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #timestamp = -1;
  #timestampText = '-1';

  /** @returns the line, in memory that the next call uses again */
  encode(record: KafkaRecord): Buffer {
    const { value } = record;
    const head = `{"offset":${record.offset},"timestamp":${this.#timeText(record.timestamp)}${key(record.key)},"headers":[${headers(record)}]`;
    if (value === null) return this.#text(head + END);
    if (!isJsonLine(value)) return this.#text(`${head},"valueBase64":"${value.toString('base64')}"${END}`);
    const start = head + VALUE;
    const scratch = this.#atLeast(Buffer.byteLength(start) + value.length + END.length);
    let length = scratch.write(start, 'utf8');
    scratch.set(value, length);
    length += value.length;
    scratch[length++] = CLOSING_BRACE;
    scratch[length++] = LINE_FEED;
    return scratch.subarray(0, length);
  }

  /** Many records of a batch have the same time, and numbers of this size are slow to print. */
  #timeText(timestamp: number): string {
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#timestampText = String(timestamp);
    }
    return this.#timestampText;
  }

  #text(line: string): Buffer {
    const scratch = this.#atLeast(Buffer.byteLength(line));
    return scratch.subarray(0, scratch.write(line, 'utf8'));
  }

  #atLeast(bytes: number): Buffer {
    if (bytes > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(bytes * 2);
    return this.#scratch;
  }
}

function key(bytes: Buffer | null): string {
  if (bytes === null) return '';
  return isUtf8(bytes)
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

/** Whether the bytes can stand in a line as they are: JSON (RFC 8259) in UTF-8, on one line for every reader. */
function isJsonLine(value: Buffer): boolean {
  if (value.includes(LINE_FEED) || value.includes(CARRIAGE_RETURN) || !isUtf8(value)) return false;
  try {
    // Bytes above ASCII may only stand in strings, where every character may: whether it is JSON does not depend on
    // how they are read, and this is faster.
    JSON.parse(value.toString('latin1'));
    return true;
  } catch {
    return false;
  }
}
