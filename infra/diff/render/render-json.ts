import { summarize, type Report } from '../report.ts';

/** One line, `changes` first. */
export function renderJson(report: Report): string {
  const { changes, ...rest } = report;
  return `${JSON.stringify({ changes, summary: summarize(report), ...rest })}\n`;
}
