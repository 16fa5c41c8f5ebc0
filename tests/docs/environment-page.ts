import { globSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { programOf } from './program.ts';

interface Row {
  readonly path: string;
  readonly allowed: string;
  readonly fallback: string;
  readonly text: string;
}

/** What a schema's expression comes to once its names are followed: the schema itself, and what was said on the way. */
interface Schema {
  readonly call: ts.CallExpression;
  readonly method: string;
  readonly said: readonly string[];
  readonly optional: boolean;
}

/**
 * `docs/environment.md`: every property of an environment, from the schemas that check it and their doc comments.
 *
 * @param root The repository.
 */
export function renderEnvironmentPage(root: string): string {
  const program = programOf(
    globSync('infra/environments/*.ts', { cwd: root }).map((file) => join(root, file)),
  );
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(root, 'infra/environments/environment.ts'));
  const top = source?.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => name.getText() === 'environment')?.initializer;
  if (top === undefined) throw new Error('environment.ts must declare environment');
  const rows = propertiesOf(checker, top, '');
  return `# The properties of an environment

Made from \`infra/environments/\` by \`npm run docs:update\`. Invalid combinations of
values, such as a retention above its volume, are also refused: [refused configurations](refused-configurations.md). \`*\` stands for any
name, \`[]\` for each element of a list.

| Property | Allowed | Default | |
| --- | --- | --- | --- |
${rows.map(({ path, allowed, fallback, text }) => `| \`${path}\` | ${cell(allowed)} | ${cell(fallback)} | ${cell(text)} |\n`).join('')}`;
}

function propertiesOf(checker: ts.TypeChecker, expression: ts.Expression, prefix: string): readonly Row[] {
  const { call, method } = follow(checker, expression);
  const [first, second] = call.arguments;
  if (first === undefined) return [];
  if (method === 'array') return propertiesOf(checker, first, `${prefix}[]`);
  if (method === 'record' && second !== undefined) return propertiesOf(checker, second, `${prefix}.*`);
  if (method === 'discriminatedUnion' && second !== undefined && ts.isArrayLiteralExpression(second)) {
    const key = first.getText().slice(1, -1);
    return second.elements.flatMap((variant) => {
      const rows = propertiesOf(checker, variant, prefix);
      const value = rows.find(({ path }) => path === `${prefix}.${key}`)?.allowed.replaceAll('`', '') ?? '';
      return rows.map((row) => ({ ...row, path: row.path.replace(prefix, `${prefix}(${value})`) }));
    });
  }
  if (method !== 'strictObject' || !ts.isObjectLiteralExpression(first)) return [];
  return first.properties.flatMap((property) => {
    const value = ts.isPropertyAssignment(property)
      ? property.initializer
      : ts.isShorthandPropertyAssignment(property)
        ? property.name
        : undefined;
    if (value === undefined || property.name === undefined) return [];
    const path = prefix === '' ? property.name.getText() : `${prefix}.${property.name.getText()}`;
    return [rowOf(checker, property, value, path), ...propertiesOf(checker, value, path)];
  });
}

function rowOf(
  checker: ts.TypeChecker,
  property: ts.ObjectLiteralElementLike,
  value: ts.Expression,
  path: string,
): Row {
  const schema = follow(checker, value);
  const comments = [documentation(checker, property.name), documentation(checker, value)];
  const fallback = comments.map(({ fallback: said }) => said).find((said) => said !== '') ?? '';
  return {
    path,
    allowed: allowedBy(schema, alternativesOf(checker, schema)),
    fallback: schema.optional ? fallback || 'left out' : 'required',
    text: comments.map(({ text }) => text).find((text) => text !== '') ?? '',
  };
}

/** Follows names and chained calls to the call on `z` that makes the schema. */
function follow(checker: ts.TypeChecker, expression: ts.Expression): Schema {
  const said: string[] = [];
  let optional = false;
  let current = expression;
  for (;;) {
    if (ts.isIdentifier(current)) {
      current = initializerOf(checker, current);
      continue;
    }
    if (!ts.isCallExpression(current))
      throw new Error(`${current.getText()} is no schema that the page knows`);
    const { expression: callee } = current;
    if (!ts.isPropertyAccessExpression(callee)) {
      // A function of ours that makes a schema: its last argument says what it takes.
      return { call: current, method: callee.getText(), said: [...said, ...textsOf(current)], optional };
    }
    const method = callee.name.text;
    if (callee.expression.getText() === 'z') {
      return { call: current, method, said: [...said, ...textsOf(current)], optional };
    }
    if (method === 'optional') optional = true;
    else if (method === 'min' || method === 'max') {
      const [bound] = current.arguments;
      if (bound !== undefined) {
        said.push(`${method === 'min' ? 'at least' : 'at most'} ${bound.getText().replaceAll('_', '')}`);
      }
    } else said.push(...textsOf(current));
    current = callee.expression;
  }
}

function initializerOf(checker: ts.TypeChecker, name: ts.Identifier): ts.Expression {
  const symbol = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name);
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declaration = target?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || !declaration.initializer) {
    throw new Error(`${name.text} is no schema that the page knows`);
  }
  return declaration.initializer;
}

/** The words in a call that say what is taken: an error's, or the one string that is passed. */
function textsOf({ arguments: passed }: ts.CallExpression): readonly string[] {
  return passed.flatMap((argument) => {
    if (ts.isStringLiteral(argument)) return [argument.text];
    if (!ts.isObjectLiteralExpression(argument)) return [];
    return argument.properties
      .filter(ts.isPropertyAssignment)
      .filter(({ name, initializer }) => name.getText() === 'error' && ts.isStringLiteral(initializer))
      .map(({ initializer }) => (initializer as ts.StringLiteral).text);
  });
}

/** What each member of a plain union takes. */
function alternativesOf(checker: ts.TypeChecker, { call, method }: Schema): readonly string[] {
  const [members] = call.arguments;
  if (method !== 'union' || members === undefined || !ts.isArrayLiteralExpression(members)) return [];
  return members.elements.map((member) => allowedBy(follow(checker, member), []));
}

function allowedBy({ call, method, said }: Schema, alternatives: readonly string[]): string {
  const literals = (): readonly string[] =>
    call.arguments.slice(0, 1).flatMap((argument) => {
      const values = ts.isArrayLiteralExpression(argument) ? [...argument.elements] : [argument];
      return values.map((value) => `\`${ts.isStringLiteral(value) ? value.text : value.getText()}\``);
    });
  const bounds = said.filter((text) => /^at (least|most) /.test(text)).reverse();
  switch (method) {
    case 'enum':
    case 'literal':
      return literals().join(', ');
    case 'boolean':
      return '`true` or `false`';
    case 'int':
      return ['a whole number', ...bounds].join(', ');
    case 'array':
      return ['a list', ...bounds].join(', ');
    case 'distinct':
      return ['a list with each element once', ...bounds].join(', ');
    case 'record':
      return 'by name';
    case 'union':
      return alternatives.join(', or ');
    case 'strictObject':
      return 'a group';
    case 'discriminatedUnion':
      return `a group, by \`${call.arguments[0]?.getText().slice(1, -1) ?? ''}\``;
    default:
      return said.find((text) => !/^at (least|most) \d/.test(text)) ?? 'a text';
  }
}

function documentation(
  checker: ts.TypeChecker,
  node: ts.Node | undefined,
): { readonly text: string; readonly fallback: string } {
  if (node === undefined || !(ts.isIdentifier(node) || ts.isStringLiteral(node)))
    return { text: '', fallback: '' };
  const symbol = checker.getSymbolAtLocation(node);
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const tag = target?.getJsDocTags(checker).find(({ name }) => name === 'default');
  return {
    text: ts.displayPartsToString(target?.getDocumentationComment(checker)),
    fallback: ts.displayPartsToString(tag?.text),
  };
}

function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|');
}
