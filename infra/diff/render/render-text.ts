import { CONSEQUENCE_WORDS, CONSEQUENCES } from '../consequences.ts';
import { summarize, type Report } from '../report.ts';
import { changeText, headAlone, lineTexts, restartTexts, sidesText } from './words.ts';

/** Of one text; the others are in the other formats. */
const MOST_LINES = 12;

/** For a terminal: the summary, then every change under its consequence. */
export function renderText(report: Report): string {
  const { changes, baseError, approved, unusedApprovals } = report;
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
  for (const { environment, worst, counts, restarts } of summarize(report)) {
    if (counts.length === 0) {
      lines.push(`${environment}: no changes`);
      continue;
    }
    const words = counts.map(({ consequence, count }) => `${count} ${CONSEQUENCE_WORDS[consequence]}`);
    lines.push(`${environment}: ${CONSEQUENCE_WORDS[worst]} (${words.join(', ')})`);
    for (const restart of restarts) lines.push(`  restarts ${restart}`);
  }
  for (const consequence of CONSEQUENCES) {
    const own = changes.filter((change) => change.consequence === consequence);
    if (own.length === 0) continue;
    lines.push('', CONSEQUENCE_WORDS[consequence].toUpperCase());
    for (const change of own) {
      const place = change.path === '' ? '' : ` ${change.path}`;
      lines.push(
        `  ${change.object}${place}  [${change.environments.join(', ')}]  ${change.id}${approved.includes(change.id) ? ' approved' : ''}`,
      );
      const text = change.lines === undefined ? [changeText(change)] : lineTexts(change.lines, MOST_LINES);
      lines.push(...[...text, change.why].map((line) => `    ${line}`));
      for (const restart of restartTexts(change)) lines.push(`    restarts ${restart}`);
    }
  }
  for (const approval of unusedApprovals) lines.push('', `approval of no change: ${approval}`);
  return `${lines.join('\n')}\n`;
}
