import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../../../../apps/kafka/records/batches.ts';
import { AbortedTransactions } from '../../../../apps/kafka/records/transactions.ts';

function batch(offset: number, producerId: bigint, kind: 'data' | 'control' | 'plain' = 'data'): Batch {
  return {
    baseOffset: offset,
    nextOffset: offset + 1,
    leaderEpoch: 0,
    producerId,
    isTransactional: kind !== 'plain',
    isControl: kind === 'control',
    attributes: 0,
    baseTimestamp: 0n,
    maxTimestamp: 0n,
    count: 1,
    payload: Buffer.alloc(0),
  };
}

test('batches of an aborted transaction are told from committed ones up to its marker', () => {
  const transactions = new AbortedTransactions([
    { producerId: 1n, firstOffset: 2 },
    { producerId: 1n, firstOffset: 7 },
  ]);
  const log: [Batch, boolean][] = [
    [batch(0, 1n), false],
    [batch(1, 1n, 'control'), false],
    [batch(2, 1n), true],
    [batch(3, 2n), false],
    [batch(4, 1n, 'plain'), false],
    [batch(5, 1n, 'control'), true],
    [batch(6, 1n), false],
    [batch(7, 1n), true],
  ];
  assert.deepEqual(
    log.map(([each]) => transactions.includes(each)),
    log.map(([, isAborted]) => isAborted),
  );
});

test('a transaction that was aborted before the fetched stretch began is known from its first batch on', () => {
  const transactions = new AbortedTransactions([{ producerId: 3n, firstOffset: 10 }]);
  assert.equal(transactions.includes(batch(50, 3n)), true);
});
