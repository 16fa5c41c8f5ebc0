import { varintBytes, writeBytes, writeVarint } from './varint.ts';

/** Lengths, deltas and attributes of a record, each at its longest. */
const RECORD_OVERHEAD = 31;
/** Of whole numbers up to 2^53, and one byte for their length. */
const NUMBER_BYTES = 17;

/**
 * What a record has beside its value. All lines of an upload have the same but for their number, so that it is encoded
 * once and copied into each record.
 */
export class EncodedTemplate {
  readonly key: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
  /** The name of one header more, the last, whose value is the number of the record. */
  readonly numberedBy: Buffer | undefined;
  /** How many headers, and each as it stands in a record; of the last, where it is the number, only the name. */
  readonly encoded: Buffer;
  /** At most how many bytes a record takes in a batch beside its value. */
  readonly bytes: number;

  constructor(key: Buffer | undefined, headers: ReadonlyMap<Buffer, Buffer>, numberedBy?: Buffer) {
    this.key = key;
    this.headers = headers;
    this.numberedBy = numberedBy;
    this.encoded = encodeHeaders(headers, numberedBy);
    this.bytes = RECORD_OVERHEAD + (key?.length ?? 0) + this.encoded.length + (numberedBy ? NUMBER_BYTES : 0);
  }
}

function encodeHeaders(headers: ReadonlyMap<Buffer, Buffer>, numberedBy: Buffer | undefined): Buffer {
  const count = headers.size + (numberedBy === undefined ? 0 : 1);
  let bytes = varintBytes(count);
  for (const [name, content] of headers) bytes += sizeOf(name) + sizeOf(content);
  if (numberedBy !== undefined) bytes += sizeOf(numberedBy);
  const encoded = Buffer.allocUnsafe(bytes);
  let at = writeVarint(encoded, 0, count);
  for (const [name, content] of headers) at = writeBytes(encoded, writeBytes(encoded, at, name), content);
  if (numberedBy !== undefined) writeBytes(encoded, at, numberedBy);
  return encoded;
}

const sizeOf = ({ length }: Buffer): number => varintBytes(length) + length;
