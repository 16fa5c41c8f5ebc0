import { globSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import ts from 'typescript';
import { programOf } from './program.ts';

type Shape = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** One property of an interface as its page shows it. */
interface Property {
  readonly name: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

/**
 * A page for each construct, from its own doc comments: what the class says of itself, its props, and the types that
 * its file exports beside them.
 *
 * @param root The repository.
 * @returns Markdown by file name.
 */
export function renderConstructPages(root: string): ReadonlyMap<string, string> {
  const files = globSync('infra/constructs/*/*.ts', { cwd: root }).map((file) => join(root, file));
  const program = programOf(files);
  const checker = program.getTypeChecker();
  const pages = new Map<string, string>();
  const index: string[] = [];
  for (const file of files.sort(byName)) {
    const source = program.getSourceFile(file);
    const construct = source?.statements.find(isConstruct);
    if (source === undefined || construct?.name === undefined) continue;
    const name = construct.name.text;
    const text = documentation(checker, construct.name);
    const page = `${basename(file, '.ts')}.md`;
    pages.set(page, renderPage(checker, source, construct.name, `\`${relative(root, file)}\`. ${text}`));
    index.push(`- [${name}](${page}): ${firstSentence(text)}\n`);
  }
  pages.set(
    'README.md',
    `# Constructs\n\nMade from the doc comments by \`npm run docs:update\`.\n\n${index.join('')}`,
  );
  return pages;
}

function byName(a: string, b: string): number {
  return basename(a) < basename(b) ? -1 : 1;
}

function renderPage(
  checker: ts.TypeChecker,
  source: ts.SourceFile,
  className: ts.Identifier,
  text: string,
): string {
  const own = source.statements
    .filter(isShape)
    .filter(isExported)
    .sort((a, b) => rank(a.name.text, className.text) - rank(b.name.text, className.text));
  const sections = withReferenced(checker, own).map((declaration) => {
    const comment = documentation(checker, declaration.name);
    const head = `## ${declaration.name.text}\n\n${comment === '' ? '' : `${comment}\n\n`}`;
    return ts.isInterfaceDeclaration(declaration)
      ? head + renderTable(checker, declaration)
      : `${head}\`\`\`ts\n${declaration.getText().replace(/^export /, '')}\n\`\`\`\n`;
  });
  return `# ${className.text}\n\n${text}\n\n${sections.join('\n')}`;
}

/** The declarations, and those of other constructs' files that their types name. */
function withReferenced(checker: ts.TypeChecker, declarations: readonly Shape[]): readonly Shape[] {
  const found = new Set(declarations);
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) {
      const named = checker.getSymbolAtLocation(node.typeName);
      const symbol =
        named !== undefined && (named.flags & ts.SymbolFlags.Alias) !== 0
          ? checker.getAliasedSymbol(named)
          : named;
      const declaration = symbol?.declarations?.find(isShape);
      if (declaration?.getSourceFile().fileName.includes('/infra/constructs/') === true)
        found.add(declaration);
    }
    ts.forEachChild(node, visit);
  };
  // A set is walked in the order of insertion, additions included: what a found one names is found too.
  for (const declaration of found) visit(declaration);
  return [...found];
}

function isShape(node: ts.Node): node is Shape {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function renderTable(checker: ts.TypeChecker, declaration: ts.InterfaceDeclaration): string {
  const properties = checker
    .getTypeAtLocation(declaration)
    .getProperties()
    .map((symbol) => describe(checker, symbol));
  const rows = properties.map(({ name, type, fallback, text }) =>
    [`\`${name}\``, `\`${type}\``, fallback, text].map(escapeCell).join(' | '),
  );
  return `| Property | Type | Default | |\n| --- | --- | --- | --- |\n${rows.map((row) => `| ${row} |\n`).join('')}`;
}

function describe(checker: ts.TypeChecker, symbol: ts.Symbol): Property {
  const declaration = symbol.declarations?.[0];
  const type =
    declaration !== undefined && ts.isPropertySignature(declaration)
      ? (declaration.type?.getText() ?? '')
      : '';
  const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'default');
  const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
  return {
    name: symbol.name,
    type: type.replace(/\/\*\*.*?\*\//gs, '').replace(/\s+/g, ' '),
    fallback: isOptional ? ts.displayPartsToString(tag?.text).replace(/^- /, '') : 'required',
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' '),
  };
}

function isConstruct(statement: ts.Statement): statement is ts.ClassDeclaration {
  return ts.isClassDeclaration(statement) && isExported(statement) && statement.heritageClauses !== undefined;
}

function isExported(declaration: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0;
}

function documentation(checker: ts.TypeChecker, name: ts.Identifier): string {
  const symbol = checker.getSymbolAtLocation(name);
  const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker));
  return text
    .split('\n\n')
    .map((paragraph) => (paragraph.includes('\n- ') ? paragraph : paragraph.replace(/\s+/g, ' ')))
    .join('\n\n')
    .trim();
}

/** The props come first, then what else the file exports, as it stands there. */
function rank(name: string, className: string): number {
  return name === `${className}Props` ? 0 : 1;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.)\s/)[0] ?? '';
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
