import type { Application } from '../../infra/local/application.ts';

/** The samples of one metric of a program, by their labels as they are printed (`''` where there are none). */
export async function readMetric({ endpoint }: Application, name: string): Promise<Map<string, number>> {
  const answer = await fetch(new URL('/metrics', endpoint), { signal: AbortSignal.timeout(5_000) });
  const samples = new Map<string, number>();
  for (const line of (await answer.text()).split('\n')) {
    const [, found, labels = '', value] = /^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name) samples.set(labels, Number(value));
  }
  if (samples.size === 0) throw new Error(`${endpoint} has no metric ${name}`);
  return samples;
}
