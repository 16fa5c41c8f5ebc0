import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * `docs/decisions/README.md`: every decision with its status and date.
 *
 * @throws where a decision does not begin as the others do
 */
export function renderDecisions(root: string): string {
  const rows = globSync('docs/decisions/[0-9]*.md', { cwd: root })
    .sort()
    .map((file) => rowOf(basename(file), readFileSync(join(root, file), 'utf8')));
  return `# Decisions

Made by \`npm run docs:update\`. A decision records what we do, why, and what we rejected; \`ARCHITECTURE.md\` describes the folders.

| Decision | Status | Since |
| --- | --- | --- |
${rows.join('')}`;
}

function rowOf(name: string, text: string): string {
  const number = name.slice(0, 4);
  const [, title, status, date, more = ''] =
    /^# \d{4}: (.+)\n\nStatus: (accepted|superseded), (\d{4}-\d\d-\d\d)(?:; (.+(?:\n.+)*))?\n\n## Context\n/.exec(
      text,
    ) ?? [];
  if (title === undefined || !text.startsWith(`# ${number}: `)) {
    throw new Error(
      `docs/decisions/${name} must begin with "# ${number}: TITLE", "Status: accepted, YYYY-MM-DD" and "## Context"`,
    );
  }
  const note = more === '' ? '' : `; ${more.replaceAll('\n', ' ')}`;
  return `| [${number}: ${title}](${name}) | ${status ?? ''}${note} | ${date ?? ''} |\n`;
}
