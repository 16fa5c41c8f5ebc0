/**
 * Whether bytes are one JSON text (RFC 8259) in UTF-8 (RFC 3629), read once and sixteen at a time where they stand in
 * a string. `JSON.parse` takes three to five times as long, since it makes the value, and first a string of its text.
 */

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_ARRAY: u8 = 0x5b;
const CLOSE_ARRAY: u8 = 0x5d;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;
const MINUS: u8 = 0x2d;

/** In the byte order of WebAssembly. */
const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const ALSE: u32 = 0x65736c61;

/** Where a byte that is not allowed was found: nothing stands at address 0. */
const NOWHERE: usize = 0;

/** Arrays and objects within one another. jq 1.6 takes 254 arrays and 127 objects, of which the envelope of a line is one. */
const LINE_DEPTH: u32 = 100;
/** Characters of a number: Jackson's `StreamReadConstraints`, which Spark has. Python takes 4,300 digits of a whole number. */
const LINE_NUMBER: usize = 1000;
/** Bytes of a member's name: Jackson takes 50,000 characters. */
const LINE_NAME: usize = 50_000;

/** Of the text that is being read: {@link isJsonLine}. */
let forLine: bool = false;

/**
 * Reads up to 15 bytes beyond `end`, which must be in memory and are not looked at.
 *
 * @param stack one bit for each level of nesting: an eighth of the bytes is enough for any text
 * @param maxDepth of arrays and objects
 */
export function isJson(at: usize, end: usize, stack: usize, maxDepth: u32): bool {
  forLine = false;
  return isText(at, end, stack, maxDepth);
}

/**
 * The same of what may stand in a line that every reader reads: no line break, no escape of one half of a surrogate pair,
 * nothing that is nested, long or named beyond what the strictest takes.
 */
export function isJsonLine(at: usize, end: usize, stack: usize): bool {
  forLine = true;
  return isText(at, end, stack, LINE_DEPTH);
}

function isText(at: usize, end: usize, stack: usize, maxDepth: u32): bool {
  let depth: u32 = 0;
  while (true) {
    at = skipSpace(at, end);
    if (at >= end) return false;
    const first = load<u8>(at);
    if (first == OPEN_OBJECT || first == OPEN_ARRAY) {
      if (depth == maxDepth) return false;
      setLevel(stack, depth, first == OPEN_OBJECT);
      depth += 1;
      at = skipSpace(at + 1, end);
      if (at >= end) return false;
      const isEmpty = load<u8>(at) == first + 2;
      if (!isEmpty) {
        if (first == OPEN_ARRAY) continue;
        at = skipName(at, end);
        if (at == NOWHERE) return false;
        continue;
      }
      depth -= 1;
      at += 1;
    } else {
      at = skipScalar(at, end, first);
      if (at == NOWHERE) return false;
    }
    // What follows a value: the ends of what holds it, then the next value or the end of the text.
    while (true) {
      at = skipSpace(at, end);
      if (depth == 0) return at == end;
      if (at >= end) return false;
      const next = load<u8>(at);
      const inObject = isObject(stack, depth - 1);
      at += 1;
      if (next == COMMA) {
        if (inObject) {
          at = skipName(skipSpace(at, end), end);
          if (at == NOWHERE) return false;
        }
        break;
      }
      if (next != (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
      depth -= 1;
    }
  }
}

function setLevel(stack: usize, depth: u32, object: bool): void {
  const byte = stack + (depth >> 3);
  const shift = <u8>(depth & 7);
  const bit: u8 = 1 << shift;
  store<u8>(byte, object ? load<u8>(byte) | bit : load<u8>(byte) & ~bit);
}

function isObject(stack: usize, depth: u32): bool {
  return ((load<u8>(stack + (depth >> 3)) >> (<u8>(depth & 7))) & 1) != 0;
}

function skipSpace(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && (forLine || (byte != 0x0a && byte != 0x0d))) break;
    at += 1;
  }
  return at;
}

/** A member's name, and the colon after it. */
function skipName(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != QUOTE) return NOWHERE;
  const name = at + 1;
  at = skipString(name, end);
  if (at == NOWHERE || (forLine && at - name > LINE_NAME + 1)) return NOWHERE;
  at = skipSpace(at, end);
  return at < end && load<u8>(at) == COLON ? at + 1 : NOWHERE;
}

function skipScalar(at: usize, end: usize, first: u8): usize {
  if (first == QUOTE) return skipString(at + 1, end);
  if (first == MINUS || isDigit(first)) return skipNumber(at, end);
  if (first == 0x66) return at + 5 <= end && load<u32>(at + 1) == ALSE ? at + 5 : NOWHERE;
  if (at + 4 > end) return NOWHERE;
  const word = load<u32>(at);
  return word == TRUE || word == NULL ? at + 4 : NOWHERE;
}

/** @param at after the opening quote @returns after the closing one */
function skipString(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    // Compared as signed numbers, what is above ASCII is below the space too.
    const special = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    );
    const mask = i8x16.bitmask(special);
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz(mask);
    if (at >= end) return NOWHERE;
    const byte = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte == BACKSLASH) at = skipEscape(at + 1, end);
    else at = byte < 0x20 ? NOWHERE : skipUtf8(at, end);
    if (at == NOWHERE) return NOWHERE;
  }
  return NOWHERE;
}

/** @param at after the backslash */
function skipEscape(at: usize, end: usize): usize {
  if (at >= end) return NOWHERE;
  switch (load<u8>(at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      break;
    default:
      return NOWHERE;
  }
  const unit = codeUnit(at, end);
  if (unit < 0) return NOWHERE;
  const surrogate = unit & 0xfc00;
  if (!forLine || (surrogate != 0xd800 && surrogate != 0xdc00)) return at + 5;
  // The first half of a pair, which the second must follow.
  if (surrogate == 0xdc00 || at + 7 > end || load<u8>(at + 5) != BACKSLASH || load<u8>(at + 6) != 0x75) {
    return NOWHERE;
  }
  return (codeUnit(at + 6, end) & 0xfc00) == 0xdc00 ? at + 11 : NOWHERE;
}

/** @param at of the `u` before four hexadecimal digits @returns -1 where they are none */
function codeUnit(at: usize, end: usize): i32 {
  if (at + 5 > end) return -1;
  let unit: i32 = 0;
  for (let digit: usize = 1; digit <= 4; digit++) {
    const byte = load<u8>(at + digit);
    const letter = <u8>((byte | 0x20) - 0x61);
    if (!isDigit(byte) && letter > 5) return -1;
    unit = (unit << 4) | (isDigit(byte) ? byte - 0x30 : letter + 10);
  }
  return unit;
}

/** All characters above ASCII that follow one another. */
export function skipUtf8(at: usize, end: usize): usize {
  while (at < end) {
    const first = load<u8>(at);
    if (first < 0x80) return at;
    let length: usize = 2;
    // The second byte, where not any of 80 to BF: no overlong forms, no surrogates, nothing above U+10FFFF.
    let lowest: u8 = 0x80;
    let highest: u8 = 0xbf;
    if (first < 0xc2 || first > 0xf4) return NOWHERE;
    if (first >= 0xf0) {
      length = 4;
      if (first == 0xf0) lowest = 0x90;
      else if (first == 0xf4) highest = 0x8f;
    } else if (first >= 0xe0) {
      length = 3;
      if (first == 0xe0) lowest = 0xa0;
      else if (first == 0xed) highest = 0x9f;
    }
    if (at + length > end) return NOWHERE;
    const second = load<u8>(at + 1);
    if (second < lowest || second > highest) return NOWHERE;
    for (let further: usize = 2; further < length; further++) {
      if ((load<u8>(at + further) & 0xc0) != 0x80) return NOWHERE;
    }
    at += length;
  }
  return at;
}

function skipNumber(at: usize, end: usize): usize {
  const begin = at;
  if (load<u8>(at) == MINUS) at += 1;
  if (at >= end) return NOWHERE;
  if (load<u8>(at) == 0x30) at += 1;
  else {
    at = skipDigits(at, end);
    if (at == NOWHERE) return NOWHERE;
  }
  if (at < end && load<u8>(at) == 0x2e) {
    at = skipDigits(at + 1, end);
    if (at == NOWHERE) return NOWHERE;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    at += 1;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == MINUS)) at += 1;
    at = skipDigits(at, end);
  }
  return forLine && at > begin + LINE_NUMBER ? NOWHERE : at;
}

/** At least one. */
function skipDigits(at: usize, end: usize): usize {
  const begin = at;
  while (at < end && isDigit(load<u8>(at))) at += 1;
  return at > begin ? at : NOWHERE;
}

function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) < 10;
}
