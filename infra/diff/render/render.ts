import type { Format } from '../options.ts';
import type { Report } from '../report.ts';
import { renderHtml } from './render-html.ts';
import { renderJson } from './render-json.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderSarif } from './render-sarif.ts';
import { renderText } from './render-text.ts';

const RENDERERS: Readonly<Record<Format, (report: Report) => string>> = {
  text: renderText,
  markdown: (report) => renderMarkdown(report),
  html: renderHtml,
  json: renderJson,
  sarif: renderSarif,
};

export function render(report: Report, format: Format): string {
  return RENDERERS[format](report);
}
