import { randomUUID } from 'node:crypto';
import type { Change } from '../../../infra/diff/changes.ts';
import type { Report } from '../../../infra/diff/report.ts';

/** Stands in every hostile text, so that one is found wherever it is shown. */
export const MARK = `mark${randomUUID().slice(0, 8)}`;

/** Texts that would be markup, a link, a picture, a mention, another issue's name or the end of what holds them. */
export const HOSTILE: readonly string[] = [
  '[text](https://evil.example)',
  '![picture](https://evil.example/a.png)',
  'https://evil.example',
  'www.evil.example',
  'someone@evil.example',
  '@everyone',
  '#1',
  'owner/name#1',
  'GH-1',
  '**loud**',
  '<script>alert(1)</script>',
  '<img src=https://evil.example/a.png>',
  '</summary></details>\n\n# loud',
  '\n\n## a heading\n\n- a list',
  '\r\n\r\n> a quotation',
  '`',
  '``',
  '```\n@everyone',
  '~~~\n@everyone',
  '\\`',
  '|',
  '\\|',
  '\\\\|',
  '| @everyone |',
  '\\| @everyone',
  '` @everyone `',
  '| [text](https://evil.example) |\n| --- |',
  '<!-- -->',
  '&#64;everyone',
  '&lt;img&gt;',
  '\u2028@everyone',
  '  ',
  '',
].map((text) => (text.trim() === '' ? text : `${text} ${MARK} ${text}`));

/** A report as JSON, as nobody's code of this repository would write it: each of its texts is `text`. */
export function hostileReport(text: string): string {
  const seconds = { about: 1, atMost: 2 };
  const change: Omit<Change, 'why' | 'source'> & { why: string; source: string } = {
    id: '0123456789ab',
    environments: [text],
    object: text,
    path: `.${text}`,
    before: { [text]: [text] },
    after: text,
    consequence: 'data-at-risk',
    rule: text,
    why: text,
    source: `https://evil.example ${text}`,
    cause: '0123456789ab',
    restarts: { [text]: [{ workload: text, pods: text, order: 'one by one', seconds }] },
  };
  const report: Report = {
    base: { name: text, commit: text },
    head: { name: text },
    environments: [text],
    changes: [
      change,
      { ...change, rule: 'set-gone', before: text, lines: [{ number: 1, before: text, after: text }] },
      { ...change, path: '', consequence: 'nothing' },
    ],
    causes: [
      {
        id: '0123456789ab',
        kind: 'properties',
        properties: [{ path: text, before: text, after: { [text]: [text] }, movedFrom: text }],
        name: text,
        environments: [text],
        effects: {
          [text]: {
            costs: [{ what: 'volumes', before: 1, after: 2 }],
            back: { consequence: 'exposure', rule: text },
            alone: [{ path: text, refusal: text }, { path: text, consequence: 'rights' }, { path: text }],
            lines: [{ file: text, line: 1 }],
          },
        },
      },
    ],
    causesError: text,
    objects: { [text]: 1 },
    approved: ['0123456789ab'],
    unusedApprovals: [text],
  };
  return JSON.stringify(report);
}

/** What Pulumi would have printed, with `text` for each of its texts. */
export function hostileStack(text: string): string {
  return JSON.stringify({
    changeSummary: { same: 1, [text]: 2 },
    steps: [
      { op: text, urn: `urn:pulumi:a::b::${text}::${text}`, detailedDiff: { [text]: { kind: text } } },
      { op: 'update', urn: text, diffReasons: [text] },
    ],
    diagnostics: [{ message: text, severity: 'warning' }],
  });
}
