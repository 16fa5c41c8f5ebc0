import type { Change } from '../changes.ts';
import type { ChangedLine } from '../lines.ts';
import { canonicalText, prettyText, type Tree } from '../tree.ts';
import { restartText, type Report } from '../report.ts';
import { inUnit } from './units.ts';

/** Writes a value on one line, and cuts a long one. */
export function valueText(value: Tree | undefined, longest = 80): string {
  if (value === undefined) return '(none)';
  const text = (typeof value === 'string' ? value : canonicalText(value)).replace(/\s*\n\s*/g, ' ⏎ ');
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** Two long values are cut to this many equal characters before their first difference. */
const CONTEXT = 12;

/** `7d → 10d`, `line 3: old → new, and 2 more`, `added`, `removed` */
export function changeText(change: Change, longest = 80): string {
  const { path, before, after, lines } = change;
  if (path === '') return before === undefined ? 'added' : after === undefined ? 'removed' : 'replaced';
  if (lines !== undefined) return linesText(lines, longest);
  return sidesTextOf(inUnitOf(path, before), inUnitOf(path, after), longest);
}

function inUnitOf(path: string, value: Tree | undefined): Tree | undefined {
  return value === undefined ? undefined : (inUnit(path, value) ?? value);
}

function sidesTextOf(before: Tree | undefined, after: Tree | undefined, longest: number): string {
  if (typeof before !== 'string' || typeof after !== 'string') {
    return `${valueText(before, longest)} → ${valueText(after, longest)}`;
  }
  const isLong = before.length > longest || after.length > longest;
  const skipped = isLong ? Math.max(0, commonLength(before, after) - CONTEXT) : 0;
  const [from, to] = [before, after].map((text) => {
    const rest = valueText(text.slice(skipped), longest - 1);
    return skipped === 0 ? rest : `…${rest}`;
  });
  return `${from ?? ''} → ${to ?? ''}`;
}

/** Writes the first differing line, and the number of the others. */
function linesText([first, ...others]: readonly ChangedLine[], longest: number): string {
  if (first === undefined) return '';
  const text = sidesTextOf(first.before?.trim(), first.after?.trim(), longest);
  return `line ${first.number}: ${text}${others.length > 0 ? `, and ${others.length} more` : ''}`;
}

/** Writes every differing line with its number and the sign of a patch; at most `longest` lines. */
export function lineTexts(lines: readonly ChangedLine[], longest = Infinity): readonly string[] {
  const width = String(lines.at(-1)?.number ?? 0).length;
  const texts = lines.flatMap(({ number, before, after }) => {
    const place = String(number).padStart(width);
    return [
      ...(before === undefined ? [] : [`- ${place}  ${before}`]),
      ...(after === undefined ? [] : [`+ ${place}  ${after}`]),
    ];
  });
  return texts.length <= longest ? texts : [...texts.slice(0, longest), `… ${texts.length - longest} more`];
}

/** Writes one side of a change in full: `7d (604800000)`, a text unchanged, any other value as JSON. */
export function sideText(path: string, value: Tree): string {
  const text = prettyText(value);
  const measured = inUnit(path, value);
  return measured === undefined || measured === text ? text : `${measured} (${text})`;
}

function commonLength(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) if (a[index] !== b[index]) return index;
  return shorter;
}

/** Writes the restarts of a change; one text for the environments with the same restart. */
export function restartTexts({ restarts }: Change): readonly string[] {
  const places = new Map<string, string[]>();
  for (const [environment, own] of Object.entries(restarts)) {
    for (const restart of own) {
      const text = restartText(restart);
      places.set(text, [...(places.get(text) ?? []), environment]);
    }
  }
  return [...places].map(([text, environments]) => `${text} (${environments.join(', ')})`);
}

export function sidesText({ base, head }: Report): string {
  const [from, to] = [base, head].map(({ name, commit, dirty = false }) =>
    [
      name,
      ...(commit === undefined || commit.startsWith(name) ? [] : [`(${commit.slice(0, 10)})`]),
      ...(dirty ? ['(with uncommitted changes)'] : []),
    ].join(' '),
  );
  return `${from ?? ''} → ${to ?? ''}`;
}

/** Describes the head, if there is no base to compare it with. */
export function headAlone({ objects }: Report): string {
  const counts = Object.entries(objects).map(([environment, count]) => `${environment} ${count}`);
  return `The head synthesizes: ${counts.join(', ')} objects.`;
}
