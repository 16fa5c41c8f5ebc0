import { isJsonLine, skipUtf8 } from '../../service/assembly/json';

/**
 * Records of a batch as lines of an object, many in one call (`plain-lines.ts` says which, `envelope.ts` what a line is).
 * A record that is not plain, or not whole, ends the call before it.
 */

export const INPUT: usize = 0x10000;
export const INPUT_BYTES: i32 = 0x10000;
/** Behind the input, with room for what is read beyond its end. */
const STACK: usize = INPUT + 0x10000 + 64;
export const OUTPUT: usize = 0x30000;
const OUTPUT_END: usize = 0x80000;

/** Of the last call: how much of the input was taken, and how much output made. */
export let taken: i32 = 0;
export let made: i32 = 0;
export let firstTimestamp: i64 = 0;
export let lastTimestamp: i64 = 0;

/** Names of members, punctuation, both numbers. */
const LINE_OVERHEAD: usize = 160;
/** At most so many times the bytes of a record: a header of a single byte takes twelve. */
const EXPANSION: usize = 4;

const OFFSET = memory.data<u8>([0x7b, 0x22, 0x6f, 0x66, 0x66, 0x73, 0x65, 0x74, 0x22, 0x3a]); // {"offset":
const TIMESTAMP = memory.data<u8>([
  0x2c, 0x22, 0x74, 0x69, 0x6d, 0x65, 0x73, 0x74, 0x61, 0x6d, 0x70, 0x22, 0x3a,
]); // ,"timestamp":
const KEY = memory.data<u8>([0x2c, 0x22, 0x6b, 0x65, 0x79, 0x22, 0x3a, 0x22]); // ,"key":"
const HEADERS = memory.data<u8>([0x2c, 0x22, 0x68, 0x65, 0x61, 0x64, 0x65, 0x72, 0x73, 0x22, 0x3a, 0x5b]); // ,"headers":[
const VALUE = memory.data<u8>([0x2c, 0x22, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x22, 0x3a]); // ,"value":
const VALUE_BASE64 = memory.data<u8>([
  0x2c, 0x22, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x42, 0x61, 0x73, 0x65, 0x36, 0x34, 0x22, 0x3a, 0x22,
]); // ,"valueBase64":"
const VALUE_LINE_END = memory.data<u8>([
  0x2c, 0x22, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x4c, 0x69, 0x6e, 0x65, 0x45, 0x6e, 0x64, 0x22, 0x3a, 0x22,
]); // ,"valueLineEnd":"
const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;

/** Where the reader stands; beyond the input where a number had no end or a length was wrong. */
let cursor: usize = 0;
let out: usize = 0;

/**
 * @param bytes of records in the input
 * @param baseTimestamp what the times of the records are relative to; where `isAppendTime`, the time of every one
 * @param offset which the first record must have, and each the one after it
 * @param maxEnd no record of this offset or a higher one is taken
 * @param maxBytes of lines; a line that reaches it is the last, one that would exceed it is not taken
 * @returns the number of lines
 */
export function encode(
  bytes: i32,
  baseOffset: f64,
  baseTimestamp: i64,
  isAppendTime: bool,
  offset: f64,
  maxEnd: f64,
  maxRecords: i32,
  maxBytes: f64,
): i32 {
  const end = INPUT + <usize>bytes;
  const base = <i64>baseOffset;
  const limit = <i64>maxEnd;
  let next = <i64>offset;
  let count: i32 = 0;
  let at = INPUT;
  out = OUTPUT;
  while (count < maxRecords && next < limit && at < end) {
    cursor = at;
    const length = varint(end);
    const recordEnd = cursor + <usize>length;
    if (length < 6 || length > INPUT_BYTES || recordEnd > end) break;
    cursor += 1;
    const difference = varint(recordEnd);
    const timestamp = isAppendTime ? baseTimestamp : baseTimestamp + difference;
    if (base + varint(recordEnd) != next) break;
    const begin = out;
    if (out + LINE_OVERHEAD + EXPANSION * <usize>length > OUTPUT_END) break;
    if (!writeLine(next, timestamp, recordEnd) || <f64>(out - OUTPUT) > maxBytes) {
      out = begin;
      break;
    }
    if (count == 0) firstTimestamp = timestamp;
    lastTimestamp = timestamp;
    count += 1;
    next += 1;
    at = recordEnd;
    if (<f64>(out - OUTPUT) == maxBytes) break;
  }
  taken = <i32>(at - INPUT);
  made = <i32>(out - OUTPUT);
  return count;
}

/** From the key on. @returns whether the record is plain */
function writeLine(offset: i64, timestamp: i64, end: usize): bool {
  put(OFFSET, 10);
  putNumber(offset);
  put(TIMESTAMP, 13);
  putNumber(timestamp);
  const keyLength = field(end);
  if (keyLength >= 0) {
    if (!isPlainText(cursor, cursor + <usize>keyLength)) return false;
    put(KEY, 8);
    put(cursor, <usize>keyLength);
    putByte(0x22);
    cursor += <usize>keyLength;
  }
  const valueLength = field(end);
  const value = cursor;
  if (valueLength > 0) cursor += <usize>valueLength;
  put(HEADERS, 12);
  let headers = varint(end);
  if (headers < 0) return false;
  for (let isFirst = true; headers > 0; headers--, isFirst = false) {
    if (!isFirst) putByte(0x2c);
    if (!writeHeader(end)) return false;
  }
  if (cursor != end) return false;
  putByte(0x5d);
  if (valueLength >= 0) {
    const valueEnd = value + <usize>valueLength;
    const lineEnd = lineEndBefore(value, valueEnd);
    if (isJsonLine(value, valueEnd - lineEnd, STACK)) {
      if (lineEnd > 0) putLineEnd(lineEnd);
      put(VALUE, 9);
      put(value, <usize>valueLength - lineEnd);
    } else {
      put(VALUE_BASE64, 16);
      putBase64(value, valueEnd);
      putByte(0x22);
    }
  }
  putByte(0x7d);
  putByte(0x0a);
  return true;
}

/** How many bytes of a value are one line break at its end. */
function lineEndBefore(value: usize, end: usize): usize {
  if (end == value || load<u8>(end - 1) != LINE_FEED) return 0;
  return end - value > 1 && load<u8>(end - 2) == CARRIAGE_RETURN ? 2 : 1;
}

function putLineEnd(bytes: usize): void {
  put(VALUE_LINE_END, 17);
  if (bytes == 2) {
    putByte(0x5c);
    putByte(0x72);
  }
  putByte(0x5c);
  putByte(0x6e);
  putByte(0x22);
}

function writeHeader(end: usize): bool {
  const nameLength = field(end);
  if (nameLength < 0 || !isPlainText(cursor, cursor + <usize>nameLength)) return false;
  putByte(0x5b);
  putByte(0x22);
  put(cursor, <usize>nameLength);
  putByte(0x22);
  putByte(0x2c);
  cursor += <usize>nameLength;
  const length = field(end);
  // Not "null": a header without a value is rare.
  if (length < 0) return false;
  putByte(0x22);
  putBase64(cursor, cursor + <usize>length);
  putByte(0x22);
  putByte(0x5d);
  cursor += <usize>length;
  return true;
}

/** A length; -1 for what is absent, and below it where it is wrong. */
function field(end: usize): i32 {
  const length = varint(end);
  if (length >= 0 && <i64>cursor + length <= <i64>end) return <i32>length;
  if (length == -1) return -1;
  // So that the record is not plain.
  cursor = end + 1;
  return -1;
}

/** A zigzag varint. What does not end in time sets the cursor beyond the end. */
function varint(end: usize): i64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 7) {
    if (cursor >= end) break;
    const byte = load<u8>(cursor);
    cursor += 1;
    value |= (<u64>(byte & 0x7f)) << shift;
    if (byte < 0x80) return (<i64>(value >> 1)) ^ -(<i64>(value & 1));
  }
  cursor = end + 1;
  return -2;
}

/** UTF-8 that needs no escape in a JSON string. */
function isPlainText(at: usize, end: usize): bool {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte < 0x20 || byte == 0x22 || byte == 0x5c) return false;
    at = byte < 0x80 ? at + 1 : skipUtf8(at, end);
    if (at == 0) return false;
  }
  return true;
}

function put(from: usize, bytes: usize): void {
  memory.copy(out, from, bytes);
  out += bytes;
}

function putByte(byte: u8): void {
  store<u8>(out, byte);
  out += 1;
}

function putNumber(value: i64): void {
  if (value < 0) {
    putByte(0x2d);
    value = -value;
  }
  let digits: usize = 1;
  for (let rest: u64 = <u64>value; rest >= 10; rest /= 10) digits += 1;
  let rest: u64 = <u64>value;
  for (let at = out + digits; at > out; rest /= 10) store<u8>(--at, 0x30 + <u8>(rest % 10));
  out += digits;
}

function putBase64(at: usize, end: usize): void {
  for (; at + 3 <= end; at += 3) {
    const three = ((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at + 1)) << 8) | (<u32>load<u8>(at + 2));
    putDigit(three >> 18);
    putDigit(three >> 12);
    putDigit(three >> 6);
    putDigit(three);
  }
  if (at == end) return;
  const isTwo = at + 2 == end;
  const rest = ((<u32>load<u8>(at)) << 16) | (isTwo ? (<u32>load<u8>(at + 1)) << 8 : 0);
  putDigit(rest >> 18);
  putDigit(rest >> 12);
  if (isTwo) putDigit(rest >> 6);
  else putByte(0x3d);
  putByte(0x3d);
}

function putDigit(bits: u32): void {
  const digit = <u8>(bits & 63);
  let byte: u8 = 0x41 + digit;
  if (digit >= 26) byte = 0x61 - 26 + digit;
  if (digit >= 52) byte = 0x30 - 52 + digit;
  if (digit == 62) byte = 0x2b;
  if (digit == 63) byte = 0x2f;
  putByte(byte);
}
