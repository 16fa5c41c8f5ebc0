import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool, PIECE_BYTES, Pieces } from '../../../../apps/service/memory/buffer-pool.ts';

test('a buffer that nobody looks at any more is used again, one that somebody may look at is not', () => {
  const pool = new BufferPool({ maxBytes: 10 * PIECE_BYTES });
  const given = pool.take(PIECE_BYTES);
  pool.give(given);
  const again = pool.take(1);
  assert.equal(again, given);
  pool.forget(again);
  assert.notEqual(pool.take(1), given);
});

test('what is in use and what is kept for later stay within the limit together', () => {
  const pool = new BufferPool({ maxBytes: 2 * PIECE_BYTES });
  const [first, second] = [pool.take(1), pool.take(2 * PIECE_BYTES)];
  pool.give(first);
  assert.notEqual(pool.take(1), first);
  pool.give(second);
  assert.notEqual(pool.take(2 * PIECE_BYTES), second);
});

test('pieces come back as they were appended, and their memory is used again once released', () => {
  const pool = new BufferPool({ maxBytes: 10 * PIECE_BYTES });
  const pieces = new Pieces(pool);
  const appended = [
    Buffer.alloc(PIECE_BYTES - 1, 'a'),
    Buffer.alloc(3 * PIECE_BYTES, 'b'),
    Buffer.alloc(1, 'c'),
  ];
  for (const bytes of appended) pieces.append(bytes);
  assert.deepEqual(Buffer.concat(pieces.filled), Buffer.concat(appended));
  assert.equal(pieces.length, 4 * PIECE_BYTES);
  assert.equal(pieces.capacity, 4 * PIECE_BYTES);
  const [first] = pieces.filled;
  pieces.release(true);
  assert.deepEqual([pieces.length, pieces.filled], [0, []]);
  const taken = Array.from({ length: 4 }, () => pool.take(1).buffer);
  assert.ok(taken.includes(first?.buffer as ArrayBuffer));
});
