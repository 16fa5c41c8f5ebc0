import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { History, ratesOf, readHistory, type Sample } from '../../../../infra/local/up/history.ts';

function fileIn(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-history-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'history.ndjson');
}

const sample = (seconds: number, figures: Partial<Sample> = {}): Sample => ({
  at: seconds * 1000,
  accepted: 0,
  refused: 0,
  stored: 0,
  lag: 0,
  objects: 0,
  ...figures,
});

test('another process reads what one writes, without a line that is being written', (t) => {
  const file = fileIn(t);
  assert.deepEqual(readHistory(file), []);
  const history = new History(file);
  history.add(sample(5, { lag: 3 }));
  history.add(sample(6));
  history.add(sample(10));
  appendFileSync(file, '{"at":15');
  assert.deepEqual(readHistory(file), [sample(5, { lag: 3 }), sample(10)]);
  new History(file);
  assert.deepEqual(readHistory(file), []);
});

test('an hour is kept, and the file does not grow beyond two', (t) => {
  const file = fileIn(t);
  const history = new History(file);
  let most = 0;
  for (let index = 1; index <= 3000; index += 1) {
    history.add(sample(5 * index));
    if (index % 240 === 0) most = Math.max(most, readFileSync(file, 'utf8').split('\n').length - 1);
  }
  assert.ok(most <= 1440, `${most} lines`);
  const kept = readHistory(file);
  assert.equal(kept.length, 720);
  assert.equal(kept.at(-1)?.at, 15_000_000);
});

test('rates are of the samples of the last time, and of no earlier ones', () => {
  const samples = [0, 60, 120].map((at) => sample(at, { accepted: at * at, stored: at }));
  assert.deepEqual(ratesOf(samples, 60_000, 120_000), { accepted: 180, refused: 0, stored: 1 });
  assert.equal(ratesOf(samples, 600_000, 120_000).accepted, 120);
  const unknown = { accepted: undefined, refused: undefined, stored: undefined };
  assert.deepEqual(ratesOf(samples, 60_000, 181_000), unknown);
  assert.deepEqual(ratesOf(samples.slice(0, 1), 60_000, 0), unknown);
  assert.deepEqual(ratesOf([], 60_000, 0), unknown);
});

test('a program that starts again counts from 0', () => {
  const samples = [100, 160, 20].map((stored, index) => sample(10 * index, { stored }));
  assert.equal(ratesOf(samples, 60_000, 20_000).stored, 4);
});

test('while one program is away, the rates of the other are known', () => {
  const away = [10, 20].map((at) => ({ at: at * 1000, accepted: at, refused: 0 }));
  assert.deepEqual(ratesOf([sample(0), ...away], 60_000, 20_000), {
    accepted: 1,
    refused: 0,
    stored: undefined,
  });
});
