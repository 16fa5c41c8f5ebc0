import assert from 'node:assert/strict';
import test from 'node:test';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { DeliveryError, type RecordRun, type Settled } from '../../../apps/producer/delivery/record-log.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { startApp, type AppUnderTest } from './app-under-test.ts';

const post = (payload: string | Buffer) => ({
  method: 'POST' as const,
  url: '/upload/batch',
  payload,
  headers: { 'content-type': 'application/x-ndjson' },
});

/** Keeps the runs for the test to settle. */
function holdRuns({ recordLog }: AppUnderTest) {
  const runs: { run: RecordRun; settled: Settled }[] = [];
  recordLog.appendAll = (run, settled) => void runs.push({ run, settled });
  return runs;
}

const resultsOf = (body: string) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line?: number; status?: number; offset?: number | null });

test('a run that several batches settle, in any order, is answered in the order of its lines', async (t) => {
  const parts = await startApp(t);
  const runs = holdRuns(parts);
  const answer = parts.app.inject(post('0\n\n1\r\n2\n3\n4\n5'));
  await waitUntil(() => runs.length === 2, { what: 'two runs', deadlineMs: 60_000 });
  const [first, last] = runs;
  assert.deepEqual(first?.run.numbers, [1, 3, 4, 5, 6]);
  assert.deepEqual(last?.run.numbers, [7], 'the last line ends with the body');
  last.settled(0, 1, { partition: 2, offset: 70, timestamp: 9 });
  first.settled(4, 5, { partition: 1, offset: null, timestamp: 8 });
  first.settled(1, 3, { partition: 0, offset: 30, timestamp: 7 });
  first.settled(3, 4, new DeliveryError('unknown', 'no answer'));
  first.settled(0, 1, { partition: 3, offset: 10, timestamp: 6 });
  const error = { code: 'unknown_outcome', message: 'no answer' };
  assert.deepEqual(resultsOf((await answer).body), [
    { line: 1, status: 201, partition: 3, offset: 10, timestamp: 6 },
    { line: 3, status: 201, partition: 0, offset: 30, timestamp: 7 },
    { line: 4, status: 201, partition: 0, offset: 31, timestamp: 7 },
    { line: 5, status: 504, error },
    { line: 6, status: 201, partition: 1, offset: null, timestamp: 8 },
    { line: 7, status: 201, partition: 2, offset: 70, timestamp: 9 },
    { done: true, stored: 5, failed: 1 },
  ]);
});

test('several records of which the broker no longer knows where they are have no offset', async (t) => {
  const parts = await startApp(t);
  parts.recordLog.appendAll = ({ numbers }, settled) =>
    settled(0, numbers.length, { partition: 0, offset: null, timestamp: 0 });
  const { body } = await parts.app.inject(post('0\n1\n2\n'));
  assert.deepEqual(
    resultsOf(body).map(({ offset }) => offset),
    [null, null, null, undefined],
  );
});

test('a line that is wrong keeps its place between the runs beside it', async (t) => {
  const parts = await startApp(t, { maxBodyBytes: 5 });
  const runs = holdRuns(parts);
  const answer = parts.app.inject(post('0\n1\n{\n2\n1234567\n3\n'));
  await waitUntil(() => runs.length === 3, { what: 'three runs', deadlineMs: 60_000 });
  for (const { run, settled } of runs.toReversed()) {
    settled(0, run.numbers.length, { partition: 0, offset: 0, timestamp: 0 });
  }
  assert.deepEqual(
    resultsOf((await answer).body).map(({ line, status }) => [line, status]),
    [
      [1, 201],
      [2, 201],
      [3, 400],
      [4, 201],
      [5, 413],
      [6, 201],
      [undefined, undefined],
    ],
  );
});

test('lines that the queue has room for go, the one behind them waits, and is refused when its time is up', async (t) => {
  const budget = new MemoryAccount({ bytes: 1_000_000, records: 5 });
  const parts = await startApp(t, { budget, patienceMs: 100 });
  const counts: number[] = [];
  parts.recordLog.appendAll = ({ numbers }, settled) => {
    counts.push(numbers.length);
    if (budget.take(0, numbers.length)) settled(0, numbers.length, { partition: 0, offset: 0, timestamp: 0 });
    else settled(0, numbers.length, new DeliveryError('queue-full', 'the queue is full'));
  };
  const { body } = await parts.app.inject(post('0\n1\n2\n3\n4\n5\n'));
  assert.deepEqual(counts, [5, 1]);
  assert.deepEqual(
    resultsOf(body).map(({ status }) => status),
    [201, 201, 201, 201, 201, 503, undefined],
  );
});

test('a defect of the record log is a 500 of the lines it took, in the log, and the answer has its end', async (t) => {
  const parts = await startApp(t);
  parts.recordLog.appendAll = () => {
    throw new Error('a defect');
  };
  const results = resultsOf((await parts.app.inject(post('0\n1\n'))).body);
  assert.deepEqual(
    results.map(({ status }) => status),
    [500, 500, undefined],
  );
  assert.deepEqual(results.at(-1), { done: true, stored: 0, failed: 2 });
  assert.ok(parts.logLines.some((line) => line.includes('a defect')));
});

test('at most 1 MiB of the lines of one upload is under way at once', async (t) => {
  const parts = await startApp(t, {
    budget: new MemoryAccount({ bytes: 100_000_000, records: 100_000 }),
    maxBodyBytes: 2_000_000,
  });
  const runs = holdRuns(parts);
  const line = JSON.stringify('x'.repeat(99_998));
  const answer = parts.app.inject(post(`${line}\n`.repeat(25)));
  const underWay = () => runs.reduce((sum, { run }) => sum + run.numbers.length, 0);
  await waitUntil(() => underWay() === 10, { what: 'a full window', deadlineMs: 60_000 });
  for (let settled = 0; settled < 25;) {
    await waitUntil(() => runs.length > 0, { what: 'a run', deadlineMs: 60_000, everyMs: 1 });
    assert.ok(underWay() <= 10);
    for (const each of runs.splice(0)) {
      each.settled(0, each.run.numbers.length, { partition: 0, offset: 0, timestamp: 0 });
      settled += each.run.numbers.length;
    }
  }
  assert.deepEqual(resultsOf((await answer).body).at(-1), { done: true, stored: 25, failed: 0 });
});
