import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { fileOfConstruct } from './checkout-code.ts';
import type { Cause, CauseSeed, SourceLine } from './cause.ts';

const ENVIRONMENTS = 'infra/environments';
const IMAGES = 'infra/images.lock.json';

/** The sources of a checkout, each read and parsed once. */
export class SourceLines {
  readonly #checkout: string;
  readonly #texts = new Map<string, Promise<string>>();
  #environments: Promise<readonly ParsedEnvironment[]> | undefined;

  constructor(checkout: string) {
    this.#checkout = checkout;
  }

  /** Finds the line of each property of a cause in the head, or of the object that contained a removed one. */
  async find(cause: CauseSeed, environment: string): Promise<readonly SourceLine[]> {
    switch (cause.kind) {
      case 'properties':
      case 'type':
        return this.#propertyLines(environment, cause);
      case 'image':
        return this.#imageLines(cause);
      case 'code':
        return this.#constructLines(cause.name ?? '');
      case 'environment':
        return this.#propertyLines(environment, { ...cause, properties: [{ path: 'name' }] });
    }
  }

  async #propertyLines(environment: string, { properties }: CauseSeed): Promise<readonly SourceLine[]> {
    this.#environments ??= this.#parseEnvironments();
    const parsed = (await this.#environments).find(({ name }) => name === environment);
    if (parsed === undefined) return [{ file: `${ENVIRONMENTS}/environments.ts`, line: 1 }];
    const { file, source, value } = parsed;
    const lines = properties.map(({ path }) => lineOf(source, findProperty(source, value, path.split('.'))));
    return [...new Set(lines)].map((line) => ({ file, line }));
  }

  async #parseEnvironments(): Promise<readonly ParsedEnvironment[]> {
    const directory = join(this.#checkout, ENVIRONMENTS);
    const files = existsSync(directory)
      ? (await readdir(directory)).filter((file) => file.endsWith('.ts'))
      : [];
    const parsed = files.map(async (name) => {
      const file = `${ENVIRONMENTS}/${name}`;
      return parseEnvironments(file, await this.#text(file));
    });
    return (await Promise.all(parsed)).flat();
  }

  /** The lock has only the tag of an image of our own, but the whole reference of any other. */
  async #imageLines({ properties: [image] }: CauseSeed): Promise<readonly SourceLine[]> {
    const version = typeof image?.after === 'string' ? image.after : '';
    const text = await this.#text(IMAGES);
    if (text === '') return [];
    const lines = text.split('\n');
    const whole = lines.findIndex((line) => line.includes(`${image?.path ?? ''}:${version}`));
    const own = lines.findIndex((line) => line.includes(`"${version.split('-').at(-1) ?? ''}"`));
    const index = whole >= 0 ? whole : own;
    return [{ file: IMAGES, line: Math.max(0, index) + 1 }];
  }

  async #constructLines(name: string): Promise<readonly SourceLine[]> {
    const file = fileOfConstruct(this.#checkout, name);
    if (file === undefined) return [];
    const lines = (await this.#text(file)).split('\n');
    return [
      {
        file,
        line:
          Math.max(
            0,
            lines.findIndex((line) => line.startsWith(`export class ${name} `)),
          ) + 1,
      },
    ];
  }

  /** Returns an empty text if the checkout does not have the file. */
  #text(file: string): Promise<string> {
    const path = join(this.#checkout, file);
    const read = existsSync(path) ? readFile(path, 'utf8') : Promise.resolve('');
    const known = this.#texts.get(file) ?? read;
    this.#texts.set(file, known);
    return known;
  }
}

interface ParsedEnvironment {
  readonly file: string;
  readonly name: string;
  readonly source: ts.SourceFile;
  readonly value: ts.ObjectLiteralExpression;
}

/** Returns the constants of a file that have a property `name`, as an environment does. */
function parseEnvironments(file: string, text: string): readonly ParsedEnvironment[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return [...constantsOf(source).values()].flatMap((expression): ParsedEnvironment[] => {
    const value = asObject(source, expression);
    const name = value && propertyOf(value, 'name')?.value;
    return value !== undefined && name !== undefined && ts.isStringLiteral(name)
      ? [{ file, name: name.text, source, value }]
      : [];
  });
}

function constantsOf(source: ts.SourceFile): ReadonlyMap<string, ts.Expression> {
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations]);
  return new Map(
    declarations.flatMap(({ name, initializer }): [string, ts.Expression][] =>
      ts.isIdentifier(name) && initializer !== undefined ? [[name.text, initializer]] : [],
    ),
  );
}

/** Returns an object literal, also inside a type assertion, or of a constant of the same file. */
function asObject(source: ts.SourceFile, expression: ts.Expression): ts.ObjectLiteralExpression | undefined {
  if (ts.isObjectLiteralExpression(expression)) return expression;
  if (
    ts.isAsExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isParenthesizedExpression(expression)
  )
    return asObject(source, expression.expression);
  if (!ts.isIdentifier(expression)) return undefined;
  const constant = constantsOf(source).get(expression.text);
  return constant && asObject(source, constant);
}

/** Returns a property and its value. The value of a shorthand property, such as `topics`, is the constant of that name. */
function propertyOf(
  object: ts.ObjectLiteralExpression,
  key: string,
): { readonly node: ts.Node; readonly value: ts.Expression } | undefined {
  for (const node of object.properties) {
    if (ts.isShorthandPropertyAssignment(node) && node.name.text === key) return { node, value: node.name };
    if (!ts.isPropertyAssignment(node)) continue;
    const { name, initializer: value } = node;
    if ((ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && name.text === key) return { node, value };
  }
  return undefined;
}

/** Finds the property at a path, or its nearest existing parent. Tries longer names first: a name may contain points. */
function findProperty(
  source: ts.SourceFile,
  object: ts.ObjectLiteralExpression,
  keys: readonly string[],
): ts.Node {
  for (let length = keys.length; length > 0; length -= 1) {
    const property = propertyOf(object, keys.slice(0, length).join('.'));
    if (property === undefined) continue;
    const rest = keys.slice(length);
    const inner = asObject(source, property.value);
    if (rest.length === 0 || inner === undefined) return property.node;
    const found = findProperty(source, inner, rest);
    return found === inner ? property.node : found;
  }
  return object;
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** Adds to each cause the lines of the head's sources where it was changed. */
export function findLines(checkout: string, causes: readonly Cause[]): Promise<readonly Cause[]> {
  const sources = new SourceLines(checkout);
  return Promise.all(
    causes.map(async (cause) => {
      const effects = Object.entries(cause.effects).map(async ([environment, effect]) => {
        const lines = await sources.find(cause, environment);
        return [environment, { ...effect, lines }] as const;
      });
      return { ...cause, effects: Object.fromEntries(await Promise.all(effects)) };
    }),
  );
}
