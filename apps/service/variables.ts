import { readFileSync } from 'node:fs';

/** The environment of a process. A variable that is set to the empty text counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface TextOptions {
  readonly default?: string;
  /** What the whole value must match, and the same in words for the error. */
  readonly pattern?: RegExp;
  readonly allowed?: string;
}

interface IntegerOptions {
  readonly default?: number;
  readonly min: number;
  readonly max: number;
}

/** As in `user:password@host:1`, with a scheme or without. */
const CREDENTIALS = /^([a-z][a-z\d+.-]*:\/\/)?.*@/is;

/**
 * Reads environment variables and collects what is wrong with them, so that one start names every mistake.
 *
 * A reader that meets a bad value notes it and returns a placeholder: call {@link Variables.check} before
 * anything uses what was read.
 *
 * @typeParam Name the variables that the program knows, so that a name mistyped does not compile
 */
export class Variables<Name extends string = string> {
  readonly #environment: Environment;
  readonly #problems: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** A text; required unless a default is given. */
  text(name: Name, options: TextOptions = {}): string {
    const { pattern, allowed = 'a text' } = options;
    const value = this.optionalText(name) ?? options.default;
    if (value === undefined) return this.#missing(name, allowed, '');
    if (pattern !== undefined && !pattern.test(value)) this.refuse(name, value, allowed);
    return value;
  }

  optionalText(name: Name): string | undefined {
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** A whole number in decimal digits; `min` and `max` are both allowed values. */
  integer(name: Name, { default: fallback, min, max }: IntegerOptions): number {
    const allowed = `a whole number from ${min} to ${max}`;
    const value = this.optionalText(name);
    if (value === undefined) return fallback ?? this.#missing(name, allowed, min);
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.refuse(name, value, allowed);
    return min;
  }

  boolean(name: Name, fallback: boolean): boolean {
    return this.choice(name, ['true', 'false'], fallback ? 'true' : 'false') === 'true';
  }

  /** One of `choices`; required unless a default is given. */
  choice<const Choice extends string>(
    name: Name,
    choices: readonly [Choice, ...Choice[]],
    fallback?: NoInfer<Choice>,
  ): Choice {
    const allowed = `one of ${choices.join(', ')}`;
    const value = this.optionalText(name) ?? fallback;
    if (value === undefined) return this.#missing(name, allowed, choices[0]);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.refuse(name, value, allowed);
    return choice ?? choices[0];
  }

  /** The text of the file that the variable names; `undefined` where the variable is not set. */
  file(name: Name): string | undefined {
    const path = this.optionalText(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      this.refuse(name, path, `the path of a readable file (${(error as NodeJS.ErrnoException).code ?? ''})`);
      return undefined;
    }
  }

  /** Notes that the value of a variable is not allowed. Credentials before an `@` are not shown: the error goes to the log. */
  refuse(name: Name, value: string, allowed: string): void {
    const shown = value.replace(CREDENTIALS, '$1***@');
    this.problem(`${name} must be ${allowed}, got ${JSON.stringify(shown)}`);
  }

  /** Notes a mistake that concerns more than one variable. */
  problem(message: string): void {
    this.#problems.push(message);
  }

  /** @throws {VariablesError} when any reader has met a bad value */
  check(): void {
    if (this.#problems.length > 0) throw new VariablesError(this.#problems);
  }

  #missing<Placeholder>(name: Name, allowed: string, placeholder: Placeholder): Placeholder {
    this.problem(`${name} is required: ${allowed}`);
    return placeholder;
  }
}

/** Reads the configuration of a program; where it is bad, prints why, without a stack, and ends the process. */
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

/** Every bad variable, one a line. */
export class VariablesError extends Error {
  override readonly name = 'VariablesError';

  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`bad environment variables:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
