import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSEQUENCES, CONSEQUENCE_WORDS } from '../../infra/diff/consequences.ts';
import { RULES } from '../../infra/diff/rules/rules.ts';
import { findRule, SENTENCES, sentenceText } from '../../infra/diff/sentences/sentences.ts';
import { sentenceExamples } from '../infra/diff/sentences/examples.ts';
import { replacePlaces } from './places.ts';
import { realChanges } from '../infra/diff/real-changes/real-changes.ts';

/** `docs/diff.md` with its tables as the tests and the rules have them; the rest is written by hand. */
export function renderDiffPage(root: string): string {
  const text = readFileSync(join(root, 'docs/diff.md'), 'utf8');
  return replacePlaces('docs/diff.md', text, {
    'real changes': realChangesTable(),
    sentences: sentencesTable(),
    rules: rulesTable(),
  });
}

function realChangesTable(): string {
  const rows = CONSEQUENCES.flatMap((consequence) =>
    realChanges
      .filter((change) => change.consequence === consequence)
      .map(({ environment, what, object, path, edit, evidence }) => {
        const where =
          'values' in edit
            ? Object.entries(edit.values).map(
                ([key, value]) => `${key}: ${value === undefined ? '(left out)' : JSON.stringify(value)}`,
              )
            : [edit.file];
        const shown = `${object} ${path}`.trim();
        return `| ${CONSEQUENCE_WORDS[consequence]} | ${environment} ${what} | ${where.map(code).join('<br>')} | ${code(shown)} | ${evidence ?? ''} |\n`;
      }),
  );
  return `| Consequence | Change | Made in | Shown at | Evidence |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

function rulesTable(): string {
  const rows = RULES.map(({ id, kinds, path, when = [], consequence, why, source }) => {
    const conditions = when.map((condition) =>
      typeof condition === 'string' ? condition : JSON.stringify(condition),
    );
    const place = `${kinds?.join(', ') ?? 'any'}: ${path === '' ? 'the object' : path}`;
    return `| ${id} | ${[place, ...conditions].map(code).join('<br>')} | ${CONSEQUENCE_WORDS[consequence]} | ${why} | ${source} |\n`;
  });
  return `| Rule | Where | Consequence | What happens | Source |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

function sentencesTable(): string {
  const examples = sentenceExamples();
  const rows = SENTENCES.map(({ id, properties, when }) => {
    const condition = when === undefined ? [] : [typeof when === 'string' ? when : JSON.stringify(when)];
    const example = sentenceText(findRule(examples.get(id) ?? [])?.sentence ?? [], code);
    return `| ${id} | ${[...properties, ...condition].map(code).join('<br>')} | ${example} |\n`;
  });
  return `| Rule | Properties | Example |\n| --- | --- | --- |\n${rows.join('')}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
