import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alertsOfAll } from './alerts-page.ts';

const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks');
const PARTS = ['Means', 'See', 'Do', 'Do not', 'Over when'];

/** Sections of all pages, by page and anchor as an alert names them: the heading, and what stands below it. */
function readSections(): ReadonlyMap<string, { readonly heading: string; readonly text: string }> {
  const pages = globSync('*.md', { cwd: RUNBOOKS }).filter((page) => page !== 'README.md');
  return new Map(
    pages.flatMap((page) =>
      readFileSync(join(RUNBOOKS, page), 'utf8')
        .split(/^## /m)
        .slice(1)
        .map((section) => {
          const [heading = '', ...lines] = section.split('\n');
          return [`${page}#${heading.toLowerCase()}`, { heading, text: lines.join('\n') }] as const;
        }),
    ),
  );
}

test('every alert has its section, and every section its alert', () => {
  const sections = readSections();
  const alerts = new Map(alertsOfAll().map(({ name, runbook }) => [runbook, name]));
  assert.ok(alerts.size > 30);
  assert.deepEqual([...sections.keys()].sort(), [...alerts.keys()].sort());
  for (const [runbook, name] of alerts) assert.equal(sections.get(runbook)?.heading, name);
});

test('every section says what the alert means, how to see it, what to do, what not, and when it is over', () => {
  for (const [runbook, { text }] of readSections()) {
    const parts = [...text.matchAll(/^- \*\*([^*]+):\*\* \S/gm)].map(([, part]) => part);
    assert.deepEqual(parts, PARTS, runbook);
  }
});
