import { isScalar, visit, type Document } from 'yaml';

/** JSON.parse with the third argument of its reviver, which TypeScript's library does not declare yet. */
type ParseJson = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** A text without a match has only numbers that a double holds exactly. */
const MAY_BE_INEXACT = /\d[\d.]{15}|\d[eE][-+]?\d{3}|0[xo]\w{13}|\.(inf|Inf|INF|nan|NaN|NAN)\b/;

/** Like JSON.parse, but keeps numbers that a double cannot hold: see `exactNumber`. */
export function parseJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return JSON.parse(text);
  return (JSON.parse as ParseJson)(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source, value) : value,
  );
}

/** Returns the value of a YAML document, and keeps numbers that a double cannot hold: see `exactNumber`. */
export function valueOfDocument(document: Document, text: string): unknown {
  const [start, , end] = document.range ?? [0, 0, text.length];
  if (MAY_BE_INEXACT.test(text.slice(start, end))) {
    visit(document, (_, node) => {
      if (!isScalar(node) || typeof node.value !== 'number' || node.source === undefined) return;
      node.value = exactNumber(node.source, node.value);
    });
  }
  return document.toJS();
}

/** Returns the double if it equals the written number, otherwise a bigint, or the text of a number with a fraction. */
function exactNumber(source: string, value: number): number | bigint | string {
  if (decimalOf(source) === decimalOf(String(value))) return value;
  if (/^0[xo]/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return /^[-+]?\d+$/.test(source) ? BigInt(source) : source;
}

/** Returns sign, digits and exponent, which are equal for `1.50`, `15e-1` and `1.5`. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  if (whole === '' && fraction === '') return text;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign === '-' ? '-' : ''}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
