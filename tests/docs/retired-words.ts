import { matchesGlob } from 'node:path';
import ts from 'typescript';

/** Where a retired word is refused; `docs/words.md` says what each means. */
const SCOPES = ['everywhere', 'names', 'types'] as const;
type Scope = (typeof SCOPES)[number];

/** A row of the table of retired words. */
export interface RetiredWord {
  /** Every form, in kebab case. */
  readonly forms: readonly string[];
  readonly scope: Scope;
  /** Names that may go on using it, and globs of files, which have a `/`. */
  readonly allowed: readonly string[];
}

/** A file of the project. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** @throws Error where a row cannot be read */
export function readRetiredWords(page: string): readonly RetiredWord[] {
  const [, table = ''] = page.split(/^## Retired$/m);
  const rows = table.split('\n').filter((line) => /^\| *`/.test(line));
  return rows.map((row) => {
    const [, retired = '', , scope = '', allowed = ''] = row.split('|').map((cell) => cell.trim());
    if (!isScope(scope)) throw new Error(`words: scope must be ${SCOPES.join(', ')}, got ${scope}: ${row}`);
    return { forms: codeIn(retired), scope, allowed: codeIn(allowed) };
  });
}

function isScope(scope: string): scope is Scope {
  return (SCOPES as readonly string[]).includes(scope);
}

function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** `file: name` for each name, word and file name that is retired there, once each. */
export function findRetired(words: readonly RetiredWord[], { path, text }: Source): readonly string[] {
  const names = path.endsWith('.md') ? namesInDocument(text) : namesInCode(path, text);
  const used: Record<Scope, readonly string[]> = {
    everywhere: [path, ...wordsIn(text)],
    names: [path, ...names],
    types: [path, ...names.filter((name) => /^[A-Z]/.test(name))],
  };
  return words
    .filter(({ allowed }) => !allowed.some((form) => form.includes('/') && matchesGlob(path, form)))
    .flatMap(({ forms, scope, allowed }) => [
      ...new Set(
        used[scope].filter((name) => {
          const parts = kebabCase(name);
          return !allowed.includes(name) && forms.some((form) => parts.includes(`-${form}-`));
        }),
      ),
    ])
    .map((name) => `${path}: ${name}`);
}

/** `-log-position-` of `LogPosition`, `#logPosition`, `LOG_POSITION` and `log-position`. */
function kebabCase(name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4');
  return `-${words.toLowerCase().replaceAll(/[^a-z]+/g, '-')}-`;
}

function wordsIn(text: string): readonly string[] {
  return [...new Set(text.match(/[A-Za-z][\w-]*/g))];
}

/** Code between backticks, and blocks of it. */
function namesInDocument(text: string): readonly string[] {
  return [...text.matchAll(/```[^\n]*\n([^]*?)```|`([^`\n]+)`/g)].flatMap(([, block, inline]) =>
    wordsIn(block ?? inline ?? ''),
  );
}

/** Identifiers, and the names of metrics. */
function namesInCode(path: string, text: string): readonly string[] {
  const names = new Set<string>(text.match(/\bheadwater_\w+/g));
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.add(node.text.replace(/^#/, ''));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return [...names];
}
