import type { Change } from '../changes.ts';
import { CONSEQUENCE_WORDS, CONSEQUENCES } from '../consequences.ts';
import { summarize, type Report } from '../report.ts';
import type { Tree } from '../tree.ts';
import { code, fence, htmlCode, word } from './markdown-text.ts';
import { changeText, headAlone, lineTexts, restartTexts, sideText, sidesText } from './words.ts';

/** GitHub refuses a comment of more than 65,536 characters; what other steps add to ours needs room too. */
export const MARKDOWN_LIMIT = 60_000;

/** Of them, what the report leaves to the previews of Pulumi's stacks that are folded in behind it. */
const STACKS_ROOM = 15_000;

/** By this the comment is found again, to be edited in place. */
export const MARKER = '<!-- headwater-diff -->';

/** Rows of the table before the rest is left to the details. */
const TABLE_ROWS = 60;
const NOTICE = 400;

/**
 * For a pull request: the summary first, then a table, then details to open; never longer than the limit. What comes of
 * the report stands in code, but for consequences, why they are and where that is written down.
 */
export function renderMarkdown(report: Report, limit = MARKDOWN_LIMIT - STACKS_ROOM): string {
  const { changes, baseError } = report;
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
  if (changes.length === 0) return [...head, 'No manifest of any environment changes.', ''].join('\n');

  const parts = [...head, ...summaryLines(report), ''];
  const rows = changes.slice(0, TABLE_ROWS).map((change) => row(change, report.approved));
  const table = ['| consequence | object | change | environments | id |', '| --- | --- | --- | --- | --- |'];
  const kept = fit([...parts, ...table], rows, limit - NOTICE);
  const left = changes.length - kept;
  const shown = [
    ...parts,
    ...table,
    ...rows.slice(0, kept),
    ...(left > 0 ? ['', `… and ${left} more.`] : []),
    '',
  ];
  const details = CONSEQUENCES.flatMap((consequence) => detailsOf(report, consequence));
  const fitting = fit(shown, details, limit - NOTICE);
  const cut = details.length - fitting;
  const notice =
    cut > 0 ? [`Details of ${cut} more are in the artifact of this run (\`diff.html\`).`, ''] : [];
  return [...shown, ...details.slice(0, fitting), ...notice].join('\n');
}

/** How many of the parts fit behind what is there already. */
function fit(there: readonly string[], parts: readonly string[], limit: number): number {
  let length = there.join('\n').length;
  const over = parts.findIndex((part) => {
    length += part.length + 1;
    return length > limit;
  });
  return over < 0 ? parts.length : over;
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

function row(change: Change, approved: readonly string[]): string {
  const place = change.path === '' ? '' : ` ${code(change.path)}`;
  return `| ${CONSEQUENCE_WORDS[change.consequence]}${approved.includes(change.id) ? ' (approved)' : ''} | ${code(change.object)}${place} | ${code(changeText(change, 60))} | ${change.environments.map(word).join(', ')} | ${code(change.id)} |`;
}

function detailsOf({ changes }: Report, consequence: Change['consequence']): readonly string[] {
  return changes
    .filter((change) => change.consequence === consequence)
    .map((change) =>
      [
        `<details><summary>${CONSEQUENCE_WORDS[consequence]}: ${htmlCode(`${change.object} ${change.path}`)}</summary>`,
        '',
        `${change.why} (rule ${code(change.rule)}${sourceText(change.source)})`,
        ...restartTexts(change).map((text) => `- restarts ${code(text)}`),
        '',
        fence(sidesOf(change), 'diff'),
        '</details>',
        '',
      ].join('\n'),
    );
}

function sourceText(source: string): string {
  return source === '' ? '' : `, ${source.replace(/^https:\S+/, (url) => `[source](${url})`)}`;
}

/** Longest value that is shown whole. */
const VALUE_LENGTH = 4_000;

/** The lines that differ, or both sides whole. */
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
