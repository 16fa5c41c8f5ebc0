import { isUtf8 } from 'node:buffer';
import { isJson } from '../../service/json-check.ts';

/** Deeper nesting is refused, since readers of the events may parse by recursion. */
export const MAX_JSON_DEPTH = 500;

/** Up to this number of searches costs less than a loop over 1 KiB. */
const FEW = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Whether the bytes [start, end) are JSON text; agrees with {@link jsonProblem}. */
export function isJsonText(source: Buffer, start = 0, end = source.length): boolean {
  return isJson(source, MAX_JSON_DEPTH, start, end) ?? jsonProblem(source, start, end) === undefined;
}

/**
 * Why the bytes [start, end) are not JSON text (RFC 8259), with the position if it is known; `undefined` if they are.
 */
export function jsonProblem(source: Buffer, start = 0, end = source.length): string | undefined {
  // Checks without a Buffer for each line, which would take longer than the check.
  if (isJson(source, MAX_JSON_DEPTH, start, end) === true) return undefined;
  const body = source.subarray(start, end);
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    return 'a byte order mark at position 0, which JSON does not allow';
  }
  if (!isUtf8(body)) return 'not UTF-8';
  const tooDeep = positionBelowDepth(body, MAX_JSON_DEPTH);
  if (tooDeep !== undefined) return `nested deeper than ${MAX_JSON_DEPTH} at position ${tooDeep}`;
  const { stackTraceLimit } = Error;
  try {
    // Only the message is used, and a stack trace takes longer than the parser.
    Error.stackTraceLimit = 0;
    JSON.parse(body.toString('utf8'));
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Position at which arrays and objects nest deeper than `depth`. */
function positionBelowDepth(body: Buffer, depth: number): number | undefined {
  if (body.length <= depth || (hasFew(body, OPEN_ARRAY) && hasFew(body, OPEN_OBJECT))) return undefined;
  let open = 0;
  let inString = false;
  for (let position = 0; position < body.length; position++) {
    const byte = body[position] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) position++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++open > depth) return position;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      open--;
    }
  }
  return undefined;
}

/** Uses Node's search: a loop over the bytes would take most of the time of a check. */
function hasFew(body: Buffer, byte: number): boolean {
  let found = 0;
  for (let at = body.indexOf(byte); at !== -1; at = body.indexOf(byte, at + 1)) {
    if (++found > FEW) return false;
  }
  return true;
}
