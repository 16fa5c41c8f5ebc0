/**
 * `npm run bench -- <name>…|all [--quick] [--rounds N]` measures and writes `tests/bench/results/`; a quick run only
 * prints. `npm run bench -- report` judges what is written there, and fails where a goal is missed.
 */
import { parseArgs } from 'node:util';
import { benches } from './benches.ts';
import type { Sample } from './bench.ts';
import { judge } from './judge.ts';
import { Lab } from './lab.ts';
import { renderReport } from './report.ts';
import { describeMachineNow, readResults, writeResults, type Results } from './results.ts';
import { warmUp } from './warm-up.ts';

/** A quick run is not spared it all: cold brokers cost several times as much. */
const WARM_UP_SECONDS = { quick: 20, full: 150 };

const names = [...benches.map(({ name }) => name), 'all', 'report'];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
const isAlone = positionals.includes('all') || positionals.includes('report');
const isKnown = positionals.length > 0 && positionals.every((name) => names.includes(name));
if (!isKnown || (isAlone && positionals.length > 1)) {
  fail(`name some of ${names.join(', ')}, the last two alone, got ${JSON.stringify(positionals.join(' '))}`);
}
if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 50)) {
  fail(`--rounds must be a whole number from 1 to 50, got ${JSON.stringify(values.rounds)}`);
}

if (positionals.includes('report')) {
  let missed = 0;
  for (const bench of benches) {
    const results = readResults(bench.name);
    if (results === undefined) console.log(`${bench.name}: not measured`);
    else console.log(renderReport(bench, results));
    missed += judge(bench, results?.samples ?? []).filter(({ reached }) => !reached).length;
  }
  console.log(missed === 0 ? 'every goal is reached' : `${missed} goals are missed`);
  process.exitCode = missed === 0 ? 0 : 1;
} else {
  const machine = describeMachineNow();
  const lab = await Lab.create();
  console.log(`lab in ${lab.directory}`);
  let interrupted: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted ??= signal;
      void lab.stop();
    });
  }
  try {
    await lab.start();
    const chosen = benches.filter(({ name }) => isAlone || positionals.includes(name));
    if (chosen.some(({ usesBrokers = true }) => usesBrokers)) {
      await warmUp(lab, quick ? WARM_UP_SECONDS.quick : WARM_UP_SECONDS.full);
    }
    for (const bench of chosen) {
      const samples: Sample[] = [];
      const results: Results = { machine, quick, samples };
      for (let round = 1; round <= rounds; round += 1) {
        console.log(`${bench.name}: round ${round} of ${rounds}`);
        samples.push(...(await bench.round(lab, { round, quick })));
        if (!quick) await writeResults(bench, results);
      }
      console.log(renderReport(bench, results));
    }
  } catch (error) {
    if (interrupted === undefined) throw error;
    console.error(`interrupted by ${interrupted}`);
    process.exitCode = 130;
  } finally {
    await lab.stop();
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
