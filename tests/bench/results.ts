import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Bench, Sample } from './bench.ts';
import { describeMachine, type Machine } from './kafka-clients/machine.ts';
import { renderPlot } from './plot.ts';

const DIRECTORY = fileURLToPath(new URL('results', import.meta.url));

export interface Results {
  readonly machine: Machine & {
    /** Over the minute before the first round: what else the machine was doing. */
    readonly loadAverage: string;
  };
  readonly quick: boolean;
  readonly samples: readonly Sample[];
}

export function describeMachineNow(): Results['machine'] {
  return { ...describeMachine(), loadAverage: (loadavg()[0] ?? NaN).toFixed(1) };
}

/** Writes `results/<name>.json` and `results/<name>.svg`. */
export async function writeResults(bench: Bench, results: Results): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true });
  await writeFile(`${DIRECTORY}/${bench.name}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(`${DIRECTORY}/${bench.name}.svg`, renderPlot(bench, results.samples));
}

/** Undefined where the bench has no committed result. */
export function readResults(name: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(`${DIRECTORY}/${name}.json`, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
