import { readOptions, UsageError } from '../../infra/command-line.ts';

export interface BenchOptions {
  /** Benches by name, or `all`, or `report`. */
  readonly asked: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
}

/** @param names of the benches */
export function usage(names: readonly string[]): string {
  return `usage: npx headwater bench NAME...|all [options]
       npx headwater bench report
measures and writes tests/bench/results/; report judges what is written there, and fails where a goal is missed

  --quick      one short round, which is printed and not written
  --rounds N   from 1 to 50   (5, or 1 with --quick)

benches: ${names.join(', ')}
`;
}

/** @returns undefined where help is asked for. @throws {UsageError} that says what the command line lacks */
export function parseBenchOptions(
  args: readonly string[],
  names: readonly string[],
): BenchOptions | undefined {
  const options = { quick: { type: 'boolean' }, rounds: { type: 'string' } } as const;
  const { values, positionals } = readOptions(args, options, Infinity);
  if (values.help === true) return undefined;
  const { quick = false } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 5));
  const known = [...names, 'all', 'report'];
  const isAlone = positionals.includes('all') || positionals.includes('report');
  const isKnown = positionals.length > 0 && positionals.every((name) => known.includes(name));
  if (!isKnown || (isAlone && positionals.length > 1)) {
    throw new UsageError(
      `name some of ${known.join(', ')}, the last two alone, got ${JSON.stringify(positionals.join(' '))}`,
    );
  }
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 50)) {
    throw new UsageError(
      `--rounds must be a whole number from 1 to 50, got ${JSON.stringify(values.rounds)}`,
    );
  }
  return { asked: positionals, quick, rounds };
}
