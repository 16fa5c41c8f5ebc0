import assert from 'node:assert/strict';
import test from 'node:test';
import type { Bench, Goal, Sample } from './bench.ts';
import { evaluate } from './evaluate.ts';
import { renderPlot } from './plot.ts';
import { readWrk } from './upload/wrk.ts';

function sample(subject: string, round: number, perSecond: number): Sample {
  return { scenario: 'some', subject, round, perSecond, cpuSecondsPerMillion: 1, errors: 0 };
}

function benchWith(goal: Goal): Bench {
  return { name: 'a', title: 'A', plotted: 'perSecond', goals: [goal], round: () => Promise.resolve([]) };
}

test('a goal is held against the median of the ratios of each round', () => {
  const samples = [10, 30, 200].flatMap((own, index) => [
    sample('headwater', index + 1, own),
    sample('rival', index + 1, 10),
  ]);
  const goal = { scenario: 'some', figure: 'perSecond', dividedBy: 'rival' } as const;
  const [reached] = evaluate(benchWith({ ...goal, atLeast: 3 }), samples);
  assert.deepEqual(reached?.spread, { median: 3, lowest: 1, highest: 20 });
  assert.equal(reached.reached, true);
  assert.equal(evaluate(benchWith({ ...goal, atLeast: 3.1 }), samples)[0]?.reached, false);
  assert.equal(evaluate(benchWith({ ...goal, atMost: 2.9 }), samples)[0]?.reached, false);
});

test('a goal may be that of one subject among ours', () => {
  const samples = [sample('headwater', 1, 50), sample('headwater, gzip', 1, 20), sample('rival', 1, 10)];
  const goal = {
    scenario: 'some',
    subject: 'headwater, gzip',
    figure: 'perSecond',
    dividedBy: 'rival',
  } as const;
  assert.equal(evaluate(benchWith({ ...goal, atLeast: 2 }), samples)[0]?.spread?.median, 2);
});

test('the plot has a bar for each subject that has the figure', () => {
  const bench: Bench = { ...benchWith({ scenario: 'some', figure: 'p99Ms' }), plotted: 'p99Ms' };
  const samples = [{ ...sample('headwater', 1, 50), p99Ms: 7 }, sample('rival', 1, 10)];
  const bars = renderPlot(bench, samples).match(/<rect x=.*/g) ?? [];
  assert.equal(bars.length, 1);
});

test('a goal that was not measured is missed', () => {
  const goal = { scenario: 'other', figure: 'perSecond', atMost: 1 } as const;
  assert.equal(evaluate(benchWith(goal), [sample('headwater', 1, 1)])[0]?.reached, false);
});

test('refused requests and broken connections of wrk count as errors, not as events', () => {
  const text = [
    '    50%    9.50ms',
    '    99%    1.20s ',
    '  1000 requests in 2.00s, 1.00MB read',
    '  Socket errors: connect 1, read 2, write 0, timeout 4',
    '  Non-2xx or 3xx responses: 100',
  ].join('\n');
  assert.deepEqual(readWrk(text), { perSecond: 450, events: 900, errors: 107, p50Ms: 9.5, p99Ms: 1_200 });
  assert.throws(() => readWrk('unable to connect'), /not a result of wrk/);
});
