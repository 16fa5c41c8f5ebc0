import { summarize, type Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import { jsonText } from '../tree.ts';
import { tellCauses, wholeSentence } from './cause-text.ts';

/**
 * Renders one line of JSON, `changes` first. Values have the unit of the manifests. Causes are sorted worst first, each
 * with its consequence and its sentence.
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
