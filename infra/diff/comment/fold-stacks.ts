import { maskText } from '../mask/mask-text.ts';
import { code, fence, word } from '../render/markdown-text.ts';
import { MARKDOWN_LIMIT } from '../render/render-markdown.ts';
import type { StackPreview, StackStep } from './stack-preview.ts';

/** Limits per stack, per resource and per text. The artifact contains the rest. */
const MOST_ROWS = 200;
const MOST_MESSAGES = 20;
const MOST_PROPERTIES = 12;
const MOST_TEXT = 2_000;

/**
 * Appends a section for each stack to the report: how many resources Pulumi would create, update, replace and delete, and
 * a folded table of these. Shows no values, and masks secrets in messages. Each stack gets an equal share of the remaining
 * length, so that a large one hides no other.
 */
export function foldStacks(
  report: string,
  previews: readonly StackPreview[],
  limit: number = MARKDOWN_LIMIT,
): string {
  if (previews.length === 0) return report;
  const head = `${report.trimEnd()}\n\n## What Pulumi does\n`;
  const share = Math.floor((limit - head.length) / previews.length);
  return [head, ...previews.map((preview) => section(preview, share - 1))].join('\n');
}

function section(preview: StackPreview, room: number): string {
  const { stack, steps, warnings, errors } = preview;
  const title = `Stack ${code(stack)}: ${errors.length > 0 ? '**the preview failed**' : countsText(preview)}`;
  const rest = `More is in the artifact ${code(`stack-${stack}`)} of this run.`;
  const messages = [...errors, ...warnings];
  const said = messages.slice(0, MOST_MESSAGES).map((message) => fence(clip(maskText(message))));
  const table = ['| what | resource | properties |', '| --- | --- | --- |'];
  const rows = steps.slice(0, MOST_ROWS).map(row);
  const render = (texts: number, lines: number): string =>
    [
      title,
      '',
      ...said.slice(0, texts).flatMap((text) => [text, '']),
      ...(lines === 0
        ? []
        : [
            `<details><summary>${lines} of ${steps.length} resources</summary>`,
            '',
            ...table,
            ...rows.slice(0, lines),
            '',
            '</details>',
            '',
          ]),
      ...(texts < messages.length || lines < steps.length ? [rest, ''] : []),
    ].join('\n');

  let texts = said.length;
  while (texts > 0 && render(texts, 0).length > room) texts -= 1;
  let lines = rows.length;
  while (lines > 0 && render(texts, lines).length > room) lines -= 1;
  return render(texts, lines);
}

function countsText({ counts, unchanged }: StackPreview): string {
  const words = Object.entries(counts).map(([operation, count]) => `${count} to ${word(operation)}`);
  return `${words.length === 0 ? 'nothing to do' : `**${words.join(', ')}**`}, ${unchanged} unchanged`;
}

function row({ operation, resource, properties }: StackStep): string {
  const shown = properties.slice(0, MOST_PROPERTIES).map((property) => code(clip(property)));
  const more = properties.length - shown.length;
  if (more > 0) shown.push(`… ${more} more`);
  return `| ${word(operation)} | ${code(clip(resource))} | ${shown.join('<br>')} |`;
}

function clip(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
