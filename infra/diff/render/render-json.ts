import { summarize, type Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import { jsonText } from '../tree.ts';
import { tellCauses, wholeSentence } from './cause-text.ts';

/**
 * One line, `changes` first; values as they stand in the manifests, whatever unit they have. Causes stand worst first, each with
 * its consequence and its sentence.
 */
export function renderJson(report: Report): string {
  const { changes, ...rest } = report;
  const causes = tellCauses(report).map((told) => ({
    ...told.cause,
    consequence: told.consequence,
    sentence: sentenceText(wholeSentence(told)),
  }));
  return `${jsonText({ changes, summary: summarize(report), ...rest, causes })}\n`;
}
