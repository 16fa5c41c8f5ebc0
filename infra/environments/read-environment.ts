import { z } from 'zod';
import { environment, type Environment } from './environment.ts';
import { nearestOf } from './nearest-name.ts';

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  string: 'text',
};

/**
 * Parses a value of any source (TypeScript, a JSON file, Pulumi's configuration) as an environment.
 *
 * @throws Error with every missing, unknown or invalid property, one per line, with its value and what is allowed.
 */
export function readEnvironment(value: unknown): Environment {
  const result = environment.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => describeIssue(issue, value));
  throw new Error(['environment is not well formed:', ...lines.map((line) => `- ${line}`)].join('\n'));
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): readonly string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path, root);
    return issue.keys.map((key) => {
      const nearest = nearestOf(key, known);
      return `${[...path, key].join('.')}: unknown key${nearest === undefined ? '' : `, did you mean ${nearest}?`}`;
    });
  }
  const input = issue.code === 'invalid_key' ? path.at(-1) : valueAt(path, root);
  return [`${path.join('.')}: must be ${allowedBy(issue)}, got ${show(input)}`];
}

function allowedBy(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'array' ? ' long' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_type':
      return message.startsWith('Invalid input') ? (TYPE_WORDS[issue.expected] ?? issue.expected) : message;
    case 'invalid_value':
      return message.startsWith('Invalid') ? oneOf(issue.values) : message;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? oneOf(issue.options)
        : issue.errors.flatMap((branch) => branch.map(allowedBy)).join(' or ');
    case 'invalid_key':
      return issue.issues.map(allowedBy).join(' and ');
    default:
      return message;
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
}

/** The value as JSON. Hides a password in a URL, which is an error already. */
function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).replace(/\/\/[^/@"]*@/, '//…@');
}

function valueAt(path: readonly string[], root: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) => (isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** Keys of the schema at a path; for a union, those of the matching member. */
function knownKeys(path: readonly string[], root: unknown): readonly string[] {
  let schema: unknown = environment;
  let value = root;
  for (const key of [...path, undefined]) {
    schema = chosenBy(schema, value);
    if (key === undefined) break;
    if (schema instanceof z.ZodObject) schema = Reflect.get(schema.shape, key);
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else if (schema instanceof z.ZodArray) schema = schema.element;
    value = valueAt([key], value);
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The member of a union that a value matches; any other schema unchanged. */
export function chosenBy(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodOptional) return chosenBy(schema.unwrap(), value);
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const { discriminator } = schema.def;
  const choice = valueAt([discriminator], value);
  return schema.options.find(
    (option) => option instanceof z.ZodObject && accepts(Reflect.get(option.shape, discriminator), choice),
  );
}

function accepts(schema: unknown, value: unknown): boolean {
  return schema instanceof z.ZodType && schema.safeParse(value).success;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
