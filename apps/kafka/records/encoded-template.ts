import { varintBytes, writeBytes, writeVarint } from './varint.ts';

/** Largest size of lengths, deltas and attributes of a record. */
const RECORD_OVERHEAD = 31;
/** Largest size of a whole number up to 2^53 in decimal digits, and its length. */
const NUMBER_BYTES = 17;

/**
 * Key and headers of a record. All lines of an upload share them except the line number, so they are encoded once and
 * copied into each record.
 */
export class EncodedTemplate {
  readonly key: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
  /** Name of an additional last header, whose value is the number of the record. */
  readonly numberedBy: Buffer | undefined;
  /** Number of headers, then each header in its wire format. If the last one is the number, only its name. */
  readonly encoded: Buffer;
  /** Largest size of a record in a batch, without its value. */
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
