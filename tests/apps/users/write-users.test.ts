import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { deriveCredential } from '../../../apps/users/write-users.ts';

test('a credential lets in who knows the password, and is another each time', () => {
  const { iterations, salt, saltedPassword } = deriveCredential('pencil');
  assert.equal(iterations, 8192);
  assert.notDeepEqual(deriveCredential('pencil').salt, salt);
  assert.deepEqual(deriveCredential('pencil', salt).saltedPassword, saltedPassword);
  assert.notDeepEqual(deriveCredential('Pencil', salt).saltedPassword, saltedPassword);
});

test('the salted password is that of RFC 5802: Hi() is PBKDF2 with HMAC', () => {
  const salt = Buffer.from('salt');
  let block = createHmac('sha512', 'pencil')
    .update(salt)
    .update(Buffer.from([0, 0, 0, 1]))
    .digest();
  const salted = Buffer.from(block);
  for (let round = 1; round < 8192; round += 1) {
    block = createHmac('sha512', 'pencil').update(block).digest();
    for (const [index, byte] of block.entries()) salted[index] = (salted[index] ?? 0) ^ byte;
  }
  assert.deepEqual(deriveCredential('pencil', salt).saltedPassword, salted);
});
