import type { Change } from '../changes.ts';
import { CONSEQUENCE_WORDS } from '../consequences.ts';
import { isApproved, summarize, type Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import { changesWithoutCause, linesOf, tellCauses } from './cause-text.ts';
import { changeText, headAlone, lineTexts, restartTexts, sidesText } from './words.ts';

/** Most lines of one text; the other formats have all of them. */
const MOST_LINES = 12;

/** Renders text for a terminal: the summary, then every cause with its changes. */
export function renderText(report: Report): string {
  const { changes, baseError, causesError, approved, unusedApprovals } = report;
  const lines = [sidesText(report)];
  if (baseError !== undefined) {
    lines.push(
      '',
      'The base does not synthesize, so nothing can be compared:',
      baseError,
      '',
      headAlone(report),
    );
    return `${lines.join('\n')}\n`;
  }
  if (changes.length === 0) lines.push('no changes');
  if (causesError !== undefined) lines.push(`the causes are unknown: ${causesError}`);
  for (const { environment, worst, counts, restarts } of summarize(report)) {
    if (counts.length === 0) {
      lines.push(`${environment}: no changes`);
      continue;
    }
    const words = counts.map(({ consequence, count }) => `${count} ${CONSEQUENCE_WORDS[consequence]}`);
    lines.push(`${environment}: ${CONSEQUENCE_WORDS[worst]} (${words.join(', ')})`);
    for (const restart of restarts) lines.push(`  restarts ${restart}`);
  }
  for (const { cause, consequence, changes: own, clauses } of tellCauses(report)) {
    const [first = [], ...others] = clauses;
    const badge = own.length === 0 ? '' : `${CONSEQUENCE_WORDS[consequence].toUpperCase()}: `;
    const mark = approved.includes(cause.id) ? ' approved' : '';
    lines.push('', `${badge}${sentenceText(first)}  ${cause.id}${mark}`);
    for (const place of linesOf(cause)) lines.push(`  at ${place}`);
    for (const clause of others) lines.push(`  - ${sentenceText(clause)}`);
    lines.push(...own.flatMap((change) => changeLines(change, report)));
  }
  const others = changesWithoutCause(report);
  if (others.length > 0) {
    lines.push('', 'CAUSE NOT KNOWN', ...others.flatMap((change) => changeLines(change, report)));
  }
  for (const approval of unusedApprovals) lines.push('', `approval of no change: ${approval}`);
  return `${lines.join('\n')}\n`;
}

function changeLines(change: Change, report: Report): readonly string[] {
  const { object, path, consequence, environments, id, why, lines } = change;
  const place = path === '' ? '' : ` ${path}`;
  const mark = isApproved(change, report) ? ' approved' : '';
  const text = lines === undefined ? [changeText(change)] : lineTexts(lines, MOST_LINES);
  return [
    `  ${object}${place}  [${environments.join(', ')}]  ${id}${mark}`,
    ...[...text, `${CONSEQUENCE_WORDS[consequence]}: ${why}`].map((line) => `    ${line}`),
    ...restartTexts(change).map((restart) => `    restarts ${restart}`),
  ];
}
