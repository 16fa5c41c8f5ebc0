import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The environment of a process. An empty variable counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Input of a schema: text; variables with a default are optional. */
export type VariablesOf<Schema extends z.ZodObject> = {
  readonly [Name in keyof z.input<Schema>]: Exclude<z.input<Schema>[Name], undefined>;
};

/** Matches `user:password@` before a host, with or without a scheme. */
const CREDENTIALS = /^([a-z][a-z\d+.-]*:\/\/)?.*@/is;

/**
 * A text. The schemas of this file describe the allowed values in words; {@link readVariables} adds name and value to
 * the error.
 */
export function text(allowed: string, pattern?: RegExp): z.ZodString {
  const schema = z.string({ error: allowed });
  return pattern === undefined ? schema : schema.regex(pattern, allowed);
}

/** A whole number in decimal digits, from `min` to `max`, both included. */
export function integer(min: number, max: number): z.ZodType<number, string> {
  const allowed = `a whole number from ${min} to ${max}`;
  const isAllowed = (value: string): boolean =>
    /^-?\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  return z.string({ error: allowed }).refine(isAllowed, { error: allowed }).transform(Number);
}

export function oneOf<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
): z.ZodType<Choice, Choice> {
  return z.enum(choices, { error: `one of ${choices.join(', ')}` });
}

export function flag(): z.ZodType<boolean, 'true' | 'false'> {
  return oneOf(['true', 'false']).transform((value) => value === 'true');
}

/** A comma-separated list with at least one element, each once; trims elements and skips empty ones. */
export function list(allowed: string): z.ZodType<string[], string> {
  return text(allowed)
    .transform((value) =>
      value
        .split(',')
        .map((element) => element.trim())
        .filter((element) => element !== ''),
    )
    .refine(({ length }) => length > 0, { error: allowed })
    .refine((elements) => new Set(elements).size === elements.length, { error: `${allowed}, each once` });
}

/**
 * The path of a file; the value is the file's content. No error shows the content.
 *
 * @param allowed describes the allowed path in words
 * @param isAllowed whether the content is valid
 */
export function file(
  allowed: string,
  isAllowed: (content: string) => boolean = () => true,
): z.ZodType<string, string> {
  return z.string({ error: allowed }).transform((path, context) => {
    try {
      const content = readFileSync(path, 'utf8');
      if (!isAllowed(content)) context.addIssue(allowed);
      return content;
    } catch (error) {
      context.addIssue(`the path of a readable file (${(error as NodeJS.ErrnoException).code ?? ''})`);
      return z.NEVER;
    }
  });
}

/** The path of a file with a secret or a user name; the value is its content without the final line break. */
export function loginFile(
  allowed: string,
  isAllowed?: (content: string) => boolean,
): z.ZodType<string, string> {
  return file(allowed, isAllowed && ((content) => isAllowed(withoutLineBreak(content)))).transform(
    withoutLineBreak,
  );
}

/** Removes the line break that editors add at the end of a file. */
export function withoutLineBreak(content: string): string {
  return content.replace(/\r?\n$/, '');
}

/** JSON, validated by `schema`. */
export function json<Schema extends z.ZodType>(
  allowed: string,
  schema: Schema,
): z.ZodType<z.output<Schema>, string> {
  return z
    .string({ error: allowed })
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch (error) {
        context.addIssue(`${allowed} (${(error as SyntaxError).message})`);
        return z.NEVER;
      }
    })
    .pipe(schema as z.ZodType<z.output<Schema>>);
}

/** Runs a rule between variables only if each of them is valid by itself. The rule's message is a whole sentence. */
export function whereGood(...names: readonly string[]): z.core.$ZodSuperRefineParams {
  return { when: ({ issues }) => !issues.some(({ path }) => names.includes(String(path?.[0]))) };
}

/**
 * Reads the variables of a schema and reports all errors at once.
 *
 * @throws {VariablesError} naming every bad variable
 */
export function readVariables<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const values = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[name]?.trim() ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
  const { data, error } = schema.safeParse(values, { reportInput: true });
  if (error !== undefined) throw new VariablesError(error.issues.map((issue) => problemOf(issue, values)));
  return data;
}

function problemOf(
  { path, message, input }: z.core.$ZodIssue,
  values: Readonly<Record<string, string>>,
): string {
  const [first, ...within] = path;
  if (first === undefined) return message;
  const name = String(first);
  if (within.length > 0) {
    const place = within
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('');
    return `${name}${place}: ${message}, got ${show(input)}`;
  }
  const value = values[name];
  return value === undefined
    ? `${name} is required: ${message}`
    : `${name} must be ${message}, got ${show(value)}`;
}

/** Hides credentials before an `@`, since the error goes to the log. */
function show(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.replace(CREDENTIALS, '$1***@') : value);
}

/**
 * Reads the configuration of a program. If it is invalid, prints the errors without a stack trace and ends the process.
 */
export function readOrExit<Config>(
  process: Pick<NodeJS.Process, 'env' | 'exit' | 'stderr'>,
  readConfig: (environment: Environment) => Config,
): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof VariablesError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}

/** Names every bad variable, one per line. */
export class VariablesError extends Error {
  override readonly name = 'VariablesError';

  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`bad environment variables:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
