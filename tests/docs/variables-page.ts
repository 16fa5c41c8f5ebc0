import { join } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { consumerVariables } from '../../apps/consumer/config.ts';
import { indicesVariables } from '../../apps/indices/config.ts';
import { producerVariables } from '../../apps/producer/config.ts';
import { topicsVariables } from '../../apps/topics/config.ts';
import { usersVariables } from '../../apps/users/config.ts';
import { programOf } from './program.ts';

const programs: Readonly<Record<string, z.ZodObject>> = {
  producer: producerVariables,
  consumer: consumerVariables,
  topics: topicsVariables,
  users: usersVariables,
  indices: indicesVariables,
};

/**
 * `docs/variables.md`: every environment variable of the programs, from the schemas that read them and their doc comments.
 *
 * @param root The repository.
 */
export function renderVariables(root: string): string {
  const files = ['kafka', ...Object.keys(programs)].map((name) => join(root, 'apps', name, 'config.ts'));
  const compiled = programOf(files);
  const sections = Object.entries(programs).map(([name, { shape }]) => {
    const texts = new Map(
      ['kafka', name].flatMap((folder) => commentsIn(compiled, join(root, 'apps', folder, 'config.ts'))),
    );
    const rows = Object.entries(shape).map(
      ([variable, schema]) =>
        `| \`${variable}\` | ${allowedBy(schema as z.ZodType)} | ${defaultOf(schema as z.ZodType)} | ${texts.get(variable) ?? ''} |\n`,
    );
    return `## ${name}\n\n| Variable | Allowed | Default | |\n| --- | --- | --- | --- |\n${rows.join('')}`;
  });
  return `# The environment variables of the programs

Made from \`apps/*/config.ts\` by \`npm run docs:update\`. A variable that is set to the empty text counts as not set; spaces around
a value do not count. A program that is started with bad variables names all of them, with what is allowed, and ends with
exit code 1.

${sections.join('\n')}`;
}

/** In the words of the error that a bad value gets. */
function allowedBy(schema: z.ZodType): string {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const [issue] = (inner as z.ZodType).safeParse(undefined).error?.issues ?? [];
  if (issue === undefined) throw new Error('a variable must say what it allows');
  return issue.message.replaceAll('|', '\\|').replaceAll('*', '\\*');
}

function defaultOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional) return 'not set';
  if (!(schema instanceof z.ZodDefault)) return 'required';
  const value: unknown = schema.parse(undefined);
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** The doc comment of each property that is named like a variable. */
function commentsIn(compiled: ts.Program, file: string): readonly (readonly [string, string])[] {
  const checker = compiled.getTypeChecker();
  const found: [string, string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && /^[A-Z][A-Z\d_]+$/.test(node.name.getText())) {
      const symbol = checker.getSymbolAtLocation(node.name);
      const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker));
      found.push([node.name.getText(), text.replaceAll('\n', ' ').replaceAll('|', '\\|')]);
    }
    ts.forEachChild(node, visit);
  };
  const source = compiled.getSourceFile(file);
  if (source === undefined) throw new Error(`${file} must be a file`);
  visit(source);
  return found;
}
