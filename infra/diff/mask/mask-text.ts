import { isNameOfSecret, isPublicValue, isSecretName } from './secret-names.ts';

/** Replaces a secret. */
export const MASK = '(masked)';

/** Returns the replacement of a secret with this name. */
export type Hide = (name: string, secret: string) => string;

/** Patterns of secrets that are recognized without a name. */
const SECRET_FORMS: readonly RegExp[] = [
  // Credentials before the host of a URL or address.
  /(?<=\/\/)[^/\s"'<>]+(?=@)/g,
  /(?<=[^\s/:@"'<>]:)[^\s/:"'<>]+(?=@(?!sha\d+:)[\w[])/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\b(gh[pousr]|github_pat|xox[abeprs]|glpat|hvs)[-_][\w-]{16,}/g,
];

/** Base64 of a text that begins with `-----BEGIN`. */
const ENCODED_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/=]+/g;

/** Words that follow `password` or `token` in a sentence, and are not its value. */
const PROSE =
  /^(a|an|and|are|as|at|be|by|can|for|from|has|have|in|into|is|it|may|must|not|of|on|or|that|the|to|was|which|will|with)\b/i;

const NAME = /[A-Za-z_][\w.-]*/g;
const ASSIGNMENT = /(\\*["'`])?[ \t]*(=>|:=|[:=])[ \t]*/y;
const NEXT_ARGUMENT = /\\*["'],\s*(?=\\*["'])|["']?[ \t]*\n[ \t]*-[ \t]+|[ \t]+(?!-)/y;
const LITERAL = /-?[\w.+-]+(?=\s*[,}\]\n]|\s*$)/y;

/**
 * Masks secrets in any text. A secret is recognized by the name before it, in whatever syntax: a property, a header, an
 * option, YAML, JSON, XML, or within a quoted text. If the end of the value is unclear, the rest of the line is hidden.
 */
export function maskText(text: string, hide: Hide = () => MASK): string {
  const hideUnnamed = (secret: string): string => (secret.includes('(masked') ? secret : hide('', secret));
  return SECRET_FORMS.reduce(
    (masked, form) => masked.replace(form, hideUnnamed),
    maskNamed(text, hide),
  ).replace(ENCODED_PEM, (encoded) =>
    /PRIVATE KEY/.test(Buffer.from(encoded, 'base64').toString()) ? hideUnnamed(encoded) : encoded,
  );
}

/** Position of a value in the text; `to` is exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function maskNamed(text: string, hide: Hide): string {
  let masked = '';
  let done = 0;
  let isValueSecret = false;
  for (const { 0: found, index } of text.matchAll(NAME)) {
    if (index < done) continue;
    const written = found.replace(/[.-]+$/, '');
    const name = withoutPrefix(written, text[index - 1]);
    const isSecret = isSecretName(name) || (name === 'value' && isValueSecret);
    if (!isSecret && name !== 'name' && name !== 'key') continue;
    for (const { from, to } of valuesOf(text, name, { from: index, to: index + written.length }, isSecret)) {
      const value = text.slice(from, to);
      if (!isSecret) {
        // `name: DB_PASSWORD` is followed by its `value`.
        isValueSecret = isSecretName(value);
      } else if (!isPublicValue(value)) {
        masked += text.slice(done, from) + hide(name.toLowerCase(), value);
        done = to;
      }
    }
    if (name === 'value') isValueSecret = false;
  }
  return masked + text.slice(done);
}

/** Removes the `D` of a Java property `-Dname=value`, and the letter of an escaped line break. */
function withoutPrefix(name: string, before: string | undefined): string {
  if (before === '-') return name.replace(/^D(?=.)/, '');
  return before === '\\' ? name.replace(/^[nrt](?=.)/, '') : name;
}

/** Finds the value of a name; several spans if it is a block of lines. */
function valuesOf(
  text: string,
  name: string,
  { from: at, to: end }: Span,
  isSecret: boolean,
): readonly Span[] {
  const lineStart = text.lastIndexOf('\n', at) + 1;
  const before = text.slice(lineStart, at);
  const isFirst = /^[\s\-"'{]*(export\s+)?$/.test(before);
  const [assignment, closing = '', separator = ''] = matchAt(ASSIGNMENT, text, end) ?? [];
  if (assignment !== undefined) {
    const from = end + assignment.length;
    const isTight =
      separator === ':' && !/[\s"'`\\]$/.test(assignment) && !/^(\s|\\*["'])/.test(text.slice(from));
    // `registry/token-service:1.2` contains no token.
    if (isTight && isSecret && !isNameOfSecret(name)) return [];
    return assigned(text, from, {
      lineStart,
      isQuoted: closing !== '',
      isToEnd: separator !== '=' || (isFirst && text.includes('\n')),
    });
  }
  if (!isSecret) return [];
  if (before.endsWith('<'))
    return upTo(text, end + (matchAt(/[^>]*>/y, text, end)?.[0].length ?? 0), /[^<]*/y);
  if (!isNameOfSecret(name)) return [];
  const isOption = /(^|[\s"'=,[(])-{1,2}$/.test(before);
  const gap = matchAt(isOption ? NEXT_ARGUMENT : /[ \t]+/y, text, end)?.[0];
  if (gap === undefined || PROSE.test(text.slice(end + gap.length))) return [];
  const from = end + gap.length;
  const isLine = isFirst && !isOption && /^[a-z]/.test(name);
  return quoted(text, from) ?? upTo(text, from, isLine ? /[^\n]*/y : /[^\s"']+/y);
}

interface Assignment {
  readonly lineStart: number;
  /** True if the name is in quotes, as in JSON. */
  readonly isQuoted: boolean;
  /** True if the value ends with the line, false if it ends with the word. */
  readonly isToEnd: boolean;
}

function assigned(text: string, from: number, { lineStart, isQuoted, isToEnd }: Assignment): readonly Span[] {
  const known = quoted(text, from);
  if (known !== undefined) return known;
  const rest = matchAt(/[^\n]*/y, text, from)?.[0] ?? '';
  // An object in braces has names of its own.
  if (rest.trim().startsWith('{')) return [];
  if (/^([|>][+-]?\d?)?\s*$/.test(rest)) return deeperLines(text, lineStart, from + rest.length);
  if (isQuoted && matchAt(LITERAL, text, from) !== null) return upTo(text, from, LITERAL);
  return upTo(text, from, isToEnd ? /([^\n]*\\\n)*[^\n]*/y : /((bearer|basic|digest|token)[ \t]+)?\S+/iy);
}

/** Finds a value in quotes, which may be escaped. The span excludes the quotes. */
function quoted(text: string, from: number): readonly Span[] | undefined {
  const [quote] = matchAt(/\\*["'`]/y, text, from) ?? [];
  if (quote === undefined) return undefined;
  const start = from + quote.length;
  if (quote.length === 1)
    return upTo(
      text,
      start,
      quote === '"' ? /[^"\\]*(?:\\[\s\S][^"\\]*)*/y : new RegExp(`[^${quote}]*`, 'y'),
    );
  const end = text.indexOf(quote, start);
  return [{ from: start, to: end < 0 ? text.length : end }];
}

/** Finds the following lines with a larger indent than the line at `lineStart`. */
function deeperLines(text: string, lineStart: number, end: number): readonly Span[] {
  const indent = matchAt(/[ \t]*(- +)?/y, text, lineStart)?.[0].length ?? 0;
  const spans: Span[] = [];
  let at = end + 1;
  while (at < text.length) {
    const line = matchAt(/[^\n]*/y, text, at)?.[0] ?? '';
    const own = line.length - line.trimStart().length;
    if (line.trim() !== '' && own <= indent) break;
    if (line.trim() !== '') spans.push({ from: at + own, to: at + line.trimEnd().length });
    at += line.length + 1;
  }
  return spans;
}

function upTo(text: string, from: number, pattern: RegExp): readonly Span[] {
  const value = matchAt(pattern, text, from)?.[0] ?? '';
  return value === '' ? [] : [{ from, to: from + value.length }];
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
