import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Linter } from 'eslint';

/** Parts of the project that another part may or may not import. */
const PARTS = [
  ...['consumer', 'indices', 'kafka', 'producer', 'service', 'topics', 'users'].map((app) => `apps/${app}`),
  'examples',
  ...['aws', 'charts', 'constructs', 'diff', 'environments', 'images', 'local', 'pulumi'].map(
    (folder) => `infra/${folder}`,
  ),
  ...['images.ts', 'kafka-defaults.ts', 'platform.ts'].map((file) => `infra/${file}`),
];
/** Packages that belong to some parts alone. */
const PACKAGES = ['cdk8s-plus-27', '@pulumi/pulumi', '@pulumi/aws'];

type Permission = 'allowed' | 'as types' | 'forbidden';

interface Entry {
  readonly files?: readonly string[];
  readonly rules?: Linter.RulesRecord;
}

const { default: config } = (await import(new URL('../../eslint.config.js', import.meta.url).href)) as {
  readonly default: readonly Entry[];
};

/** The rule of `eslint.config.js` for the imports of a folder or file, if it has one. */
function ruleOf(place: string): Linter.RulesRecord | undefined {
  const rule = config.find(
    ({ files, rules }) =>
      rules?.['no-restricted-imports'] !== undefined &&
      (files ?? []).some((pattern) => pattern === place || pattern === `${place}/**`),
  )?.rules;
  return rule && { 'no-restricted-imports': rule['no-restricted-imports'] ?? 'off' };
}

/** What the rule says of an import, asked as ESLint asks it. */
function ruleFor(rules: Linter.RulesRecord, specifier: string): Permission {
  const found = new Linter().verify(`import '${specifier}';`, [{ rules }]);
  const messages = found.map(({ message }) => message);
  if (messages.length === 0) return 'allowed';
  return messages.every((message) => message.includes('as `import type`')) ? 'as types' : 'forbidden';
}

/** Files that a folder may import although it may not import what lies beside them: `!**\/local/cache.ts`. */
function exceptionsOf(rules: Linter.RulesRecord): readonly string[] {
  const found = JSON.stringify(rules).matchAll(/"!\*\*\/([^"]+\.ts)"/g);
  return Array.from(found, ([, file = '']) => `\`infra/${file}\``);
}

/** The cell of one row: what the lint lets its first folder import. */
function importsOf(place: string): string | undefined {
  const rules = ruleOf(place);
  if (rules === undefined) return undefined;
  const folder = place.endsWith('.ts') ? join(place, '..') : place;
  const permissions = PARTS.filter((part) => part !== place).map((part) => {
    const path = relative(folder, part.endsWith('.ts') ? part : `${part}/file.ts`);
    return { part, permission: ruleFor(rules, path.startsWith('.') ? path : `./${path}`) };
  });
  const parts = (wanted: Permission): readonly string[] =>
    permissions.filter(({ permission }) => permission === wanted).map(({ part }) => `\`${part}\``);
  const types = parts('as types');
  const without = PACKAGES.filter((name) => ruleFor(rules, name) === 'forbidden').map(
    (name) => `\`${name}\``,
  );
  const allowed = [...parts('allowed'), ...exceptionsOf(rules)];
  return [
    ...(allowed.length > 0 ? allowed : ['npm packages only']),
    ...(types.length > 0 ? ['types of `apps`'] : []),
    ...(without.length > 0 ? [`not ${without.join(', ')}`] : []),
  ].join(', ');
}

/** `ARCHITECTURE.md` with the last column of its table as the lint has it; a row without a rule keeps its own. */
export function renderArchitecture(root: string): string {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const table = /^\| folder [^]*?\n(?=\n)/m.exec(text)?.[0];
  if (table === undefined) throw new Error('ARCHITECTURE.md must have a table of folders');
  const [head = '', , ...rows] = table.trimEnd().split('\n');
  const cells = [head, ...rows].map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const filled = cells.map(([folder = '', what = '', imports = ''], index) => {
    const [, place = ''] = /^`([^`]+?)\/?`/.exec(folder) ?? [];
    return [folder, what, index === 0 ? imports : (importsOf(place) ?? imports)];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...filled.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], pad: string): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, pad)).join(' | ')} |\n`;
  const [first = [], ...others] = filled;
  return text.replace(table, () =>
    [line(first, ' '), line(['', '', ''], '-'), ...others.map((row) => line(row, ' '))].join(''),
  );
}
