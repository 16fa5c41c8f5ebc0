import { isJson, isJsonLine } from './json';

/** Where the text is put. */
export const TEXT: usize = 0x10000;

/** @param bytes of the text, with an eighth as many and 128 more of memory behind it */
export function check(bytes: i32, maxDepth: i32): bool {
  const end = TEXT + <usize>bytes;
  return isJson(TEXT, end, end + 64, <u32>maxDepth);
}

/** The same of what every reader of lines reads. */
export function checkLine(bytes: i32): bool {
  const end = TEXT + <usize>bytes;
  return isJsonLine(TEXT, end, end + 64);
}
