// `headwater bench`: measures, and writes `tests/bench/results/`; a quick run only prints. `report` judges what is written
// there, and fails where a goal is missed.
import { describeFailure } from '../../infra/command-line.ts';
import { benches } from './benches.ts';
import type { Sample } from './bench.ts';
import { evaluate } from './evaluate.ts';
import { Lab } from './lab.ts';
import { parseBenchOptions, usage, type BenchOptions } from './options.ts';
import { renderReport } from './report.ts';
import { describeMachineNow, readResults, writeResults, type Results } from './results.ts';
import { warmUp } from './warm-up.ts';

/** A quick run is not spared it all: cold brokers cost several times as much. */
const WARM_UP_SECONDS = { quick: 20, full: 150 };

const names = benches.map(({ name }) => name);

/** @returns the exit code: 0 where every goal is reached */
function report(): number {
  let missed = 0;
  for (const bench of benches) {
    const results = readResults(bench.name);
    if (results === undefined) console.log(`${bench.name}: not measured`);
    else console.log(renderReport(bench, results));
    missed += evaluate(bench, results?.samples ?? []).filter(({ reached }) => !reached).length;
  }
  console.log(missed === 0 ? 'every goal is reached' : `${missed} goals are missed`);
  return missed === 0 ? 0 : 1;
}

async function measure({ asked, quick, rounds }: BenchOptions): Promise<void> {
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
    const chosen = benches.filter(({ name }) => asked.includes('all') || asked.includes(name));
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

try {
  const options = parseBenchOptions(process.argv.slice(2), names);
  if (options === undefined) process.stdout.write(usage(names));
  else if (options.asked.includes('report')) process.exitCode = report();
  else await measure(options);
} catch (error) {
  const { text, exitCode } = describeFailure('bench', error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
