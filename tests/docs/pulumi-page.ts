import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOREIGN_APIS } from '../../infra/pulumi/preflight/foreign-apis.ts';
import { replacePlaces } from './places.ts';

/** `docs/pulumi.md` with the table of other projects' APIs; the rest is written by hand. */
export function renderPulumiPage(root: string): string {
  const rows = Object.entries(FOREIGN_APIS).map(([group, { project, url, lowest, neededFor }]) => [
    `[${project}](${url})`,
    lowest,
    `\`${group}\``,
    neededFor,
  ]);
  const table = alignedTable([['Project', 'From', 'API group', 'Needed for'], ...rows]);
  return replacePlaces('docs/pulumi.md', readFileSync(join(root, 'docs/pulumi.md'), 'utf8'), {
    'APIs of others': table,
  });
}

/** A table as prettier writes it, since the page around it is formatted. */
function alignedTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.map(line)].join('');
}
