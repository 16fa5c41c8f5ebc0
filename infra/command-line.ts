import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { nearestOf } from './environments/nearest-name.ts';

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const HELP = { help: { type: 'boolean' } } as const;

/**
 * The options of a subcommand and the words beside them; each subcommand also has `--help`.
 *
 * @param words How many words may stand beside the options: none, one or any number. @default 0
 * @throws {UsageError}
 */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  words = 0,
) {
  const known = { ...HELP, ...options };
  const names = Object.keys(known);
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option' && !names.includes(token.name)) {
      const near = nearestOf(token.name, names);
      throw new UsageError(
        `there is no option ${token.rawName}${near === undefined ? '' : `: did you mean --${near}?`}`,
      );
    }
  }
  const surplus = tokens.filter(({ kind }) => kind === 'positional')[words];
  if (surplus?.kind === 'positional') {
    const allowed = words === 0 ? 'there are no arguments' : `there is at most ${words} argument`;
    throw new UsageError(`${allowed}, got ${surplus.value}`);
  }
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** What a subcommand says of an error on standard error, and its exit code. */
export function describeFailure(
  subcommand: string,
  error: unknown,
): { readonly text: string; readonly exitCode: 1 | 2 } {
  const text = `error: ${error instanceof Error ? error.message || error.name : String(error)}\n`;
  return error instanceof UsageError
    ? { text: `${text}npx headwater ${subcommand} --help names all options\n`, exitCode: 2 }
    : { text, exitCode: 1 };
}
