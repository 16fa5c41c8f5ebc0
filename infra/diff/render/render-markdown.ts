import type { Change } from '../changes.ts';
import { CONSEQUENCE_WORDS } from '../consequences.ts';
import { isApproved, summarize, type Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import type { Tree } from '../tree.ts';
import { changesWithoutCause, linesOf, tellCauses, wholeSentence } from './cause-text.ts';
import { code, fence, htmlCode, word } from './markdown-text.ts';
import { changeText, headAlone, lineTexts, restartTexts, sideText, sidesText } from './words.ts';

/** Below GitHub's limit of 65,536 characters per comment, with room for text that other steps add. */
export const MARKDOWN_LIMIT = 60_000;

/** Part of the limit for the previews of Pulumi's stacks after the report. */
const STACKS_ROOM = 15_000;

/** First line of the comment. The next run finds the comment by it, and updates it. */
export const MARKER = '<!-- headwater-diff -->';

/** Most rows in the table of a cause. */
const MOST_ROWS = 60;
/** Characters for the notices of omitted parts. */
const NOTICE = 400;
/** Characters for the markup of a fold, and for its notice of omitted rows. */
const FOLD = 200;

/** One cause; long reports omit rows and details. */
interface Section {
  readonly sentence: string;
  readonly rows: readonly string[];
  readonly details: readonly string[];
}

/**
 * Renders a comment of at most `limit` characters: the summary, then one sentence per cause with its changes folded. Texts
 * of the report are code, except the texts of the rules: consequence, reason and source.
 */
export function renderMarkdown(report: Report, limit = MARKDOWN_LIMIT - STACKS_ROOM): string {
  const { changes, causes, baseError, causesError } = report;
  const head = [MARKER, '## What this change does', '', code(sidesText(report)), ''];
  if (baseError !== undefined) {
    const error = fence(baseError.slice(0, limit / 2));
    return [
      ...head,
      '**The base does not synthesize**, so nothing can be compared.',
      '',
      error,
      '',
      code(headAlone(report)),
      '',
    ].join('\n');
  }
  if (causesError !== undefined) {
    head.push(`The causes are unknown: ${code(causesError.slice(0, NOTICE))}`, '');
  }
  if (changes.length === 0) head.push('No manifest of any environment changes.', '');
  if (changes.length === 0 && causes.length === 0) return head.join('\n');
  const parts = changes.length === 0 ? head : [...head, ...summaryLines(report), ''];
  return [...parts, ...fitSections(sectionsOf(report), limit - NOTICE - lengthOf(parts))].join('\n');
}

function sectionsOf(report: Report): readonly Section[] {
  const told = tellCauses(report).map((one): Section => {
    const { cause, consequence, changes } = one;
    const mark = report.approved.includes(cause.id) ? ' (approved)' : '';
    const badge = changes.length === 0 ? '' : `**${CONSEQUENCE_WORDS[consequence]}**${mark} `;
    return {
      sentence: `${badge}${sentenceText(wholeSentence(one), code, word)} ${[...linesOf(cause), cause.id].map(code).join(' ')}`,
      ...changeParts(changes, report),
    };
  });
  const others = changesWithoutCause(report);
  if (others.length === 0) return told;
  return [...told, { sentence: 'Changes without a known cause', ...changeParts(others, report) }];
}

function changeParts(changes: readonly Change[], report: Report): Omit<Section, 'sentence'> {
  return { rows: changes.map((change) => row(change, report)), details: changes.map(detailOf) };
}

/** Adds every sentence, then the rows of each, then the details, until the room is used up. */
function fitSections(sections: readonly Section[], room: number): readonly string[] {
  let left = room;
  const take = (parts: readonly string[], besides: number): number => {
    let taken = 0;
    let rest = left - besides;
    for (const part of parts) {
      rest -= part.length + 1;
      if (rest < 0) break;
      taken += 1;
      left -= part.length + 1;
    }
    if (taken > 0) left -= besides;
    return taken;
  };
  const sentences = take(
    sections.map(({ sentence }) => `${sentence}\n`),
    0,
  );
  const shown = sections.slice(0, sentences);
  const rows = shown.map((section) => take(section.rows.slice(0, MOST_ROWS), FOLD));
  const details = shown.map((section, index) =>
    rows[index] === Math.min(section.rows.length, MOST_ROWS) ? take(section.details, 0) : 0,
  );
  const lines = shown.flatMap((section, index) => fold(section, rows[index] ?? 0, details[index] ?? 0));
  if (sentences < sections.length) lines.push(`… and ${sections.length - sentences} more causes.`, '');
  const all = sections.reduce((sum, section) => sum + section.details.length, 0);
  const cut = all - details.reduce((sum, count) => sum + count, 0);
  if (cut > 0) lines.push(`Details of ${cut} more are in the artifact of this run (\`diff.html\`).`, '');
  return lines;
}

function fold(
  { sentence, rows, details }: Section,
  shownRows: number,
  shownDetails: number,
): readonly string[] {
  if (shownRows === 0) return [sentence, ''];
  return [
    sentence,
    '',
    `<details><summary>${rows.length === 1 ? '1 change' : `${rows.length} changes`}</summary>`,
    '',
    '| consequence | object | change | environments | id |',
    '| --- | --- | --- | --- | --- |',
    ...rows.slice(0, shownRows),
    ...(shownRows < rows.length ? ['', `… and ${rows.length - shownRows} more.`] : []),
    '',
    ...details.slice(0, shownDetails),
    '</details>',
    '',
  ];
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function summaryLines(report: Report): readonly string[] {
  const lines = ['| environment | worst | changes | restarts |', '| --- | --- | --- | --- |'];
  for (const { environment, worst, counts, restarts } of summarize(report)) {
    const words = counts.map(({ consequence, count }) => `${count} ${CONSEQUENCE_WORDS[consequence]}`);
    const rolls = restarts.length > 8 ? [...restarts.slice(0, 8), `… ${restarts.length - 8} more`] : restarts;
    lines.push(
      counts.length === 0
        ? `| ${word(environment)} | no changes | | |`
        : `| ${word(environment)} | **${CONSEQUENCE_WORDS[worst]}** | ${words.join(', ')} | ${rolls.map(code).join('<br>')} |`,
    );
  }
  if (report.unusedApprovals.length > 0) {
    lines.push('', `Approvals of no change, to be deleted: ${report.unusedApprovals.map(code).join('; ')}`);
  }
  return lines;
}

function row(change: Change, report: Report): string {
  const place = change.path === '' ? '' : ` ${code(change.path)}`;
  return `| ${CONSEQUENCE_WORDS[change.consequence]}${isApproved(change, report) ? ' (approved)' : ''} | ${code(change.object)}${place} | ${code(changeText(change, 60))} | ${change.environments.map(word).join(', ')} | ${code(change.id)} |`;
}

function detailOf(change: Change): string {
  return [
    `<details><summary>${CONSEQUENCE_WORDS[change.consequence]}: ${htmlCode(`${change.object} ${change.path}`)}</summary>`,
    '',
    `${change.why} (rule ${code(change.rule)}${sourceText(change.source)})`,
    ...restartTexts(change).map((text) => `- restarts ${code(text)}`),
    '',
    fence(sidesOf(change), 'diff'),
    '</details>',
    '',
  ].join('\n');
}
function sourceText(source: string): string {
  return source === '' ? '' : `, ${source.replace(/^https:\S+/, (url) => `[source](${url})`)}`;
}

/** Longest value that is not cut. */
const VALUE_LENGTH = 4_000;

/** Returns the differing lines, or both sides if the change has none. */
function sidesOf({ path, before, after, lines }: Change): string {
  if (lines !== undefined) return clip(lineTexts(lines).join('\n'));
  return [...sideLines('-', path, before), ...sideLines('+', path, after)].join('\n');
}

function sideLines(sign: '-' | '+', path: string, value: Tree | undefined): readonly string[] {
  if (value === undefined) return [];
  return clip(sideText(path, value))
    .split('\n')
    .map((line) => `${sign}${line}`);
}

function clip(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}\n… cut` : text;
}
