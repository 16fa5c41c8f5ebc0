import { summarize, type Report } from '../report.ts';
import { jsonText } from '../tree.ts';

/** One line, `changes` first; values as they stand in the manifests, whatever unit they have. */
export function renderJson(report: Report): string {
  const { changes, ...rest } = report;
  return `${jsonText({ changes, summary: summarize(report), ...rest })}\n`;
}
