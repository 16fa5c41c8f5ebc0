import { isUtf8 } from 'node:buffer';
import type { KafkaRecord } from './kafka/records.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const VALUE = ',"value":';
const END = '}\n';

/**
 * One record as one line of an object, from which every byte of it comes back:
 * `{"offset":…,"timestamp":…,"key":…,"headers":[[name,base64],…],"value":…}` and a line feed.
 *
 * - `value` is last and is the record's own text where that is JSON in UTF-8 without a line break, else
 *   `valueBase64` stands in its place; a tombstone has neither.
 * - `key` is a JSON string where the key is UTF-8, else `keyBase64`; a record without a key has neither.
 * - A header without a value is `[name,null]`. A header whose name is not UTF-8 has its name's bytes as a third
 *   element in Base64.
 */
export function encodeLine(record: KafkaRecord): Buffer {
  const head = `{"offset":${record.offset},"timestamp":${record.timestamp}${key(record.key)},"headers":[${headers(record)}]`;
  const { value } = record;
  if (value === null) return Buffer.from(head + END);
  if (!isJsonLine(value)) return Buffer.from(`${head},"valueBase64":"${value.toString('base64')}"${END}`);
  const headBytes = Buffer.byteLength(head);
  const line = Buffer.allocUnsafe(headBytes + VALUE.length + value.length + END.length);
  line.write(head, 'utf8');
  line.write(VALUE, headBytes, 'latin1');
  value.copy(line, headBytes + VALUE.length);
  line.write(END, line.length - END.length, 'latin1');
  return line;
}

function key(bytes: Buffer | null): string {
  if (bytes === null) return '';
  return isUtf8(bytes)
    ? `,"key":${JSON.stringify(bytes.toString('utf8'))}`
    : `,"keyBase64":"${bytes.toString('base64')}"`;
}

function headers(record: KafkaRecord): string {
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
    JSON.parse(value.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
