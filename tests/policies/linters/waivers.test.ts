import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waivers } from './waivers.ts';

const line = 'checkov:CKV_K8S_11 | /producer$ | 2027-05-31 | no CPU limits';
const finding = { check: 'checkov:CKV_K8S_11', object: 'Deployment headwater/producer', message: '' };

test('a waiver covers its checks on its objects, and is called unused where nothing needs it', () => {
  const waivers = new Waivers('2027-05-31', `${line}\n`);
  assert.deepEqual(waivers.unused(), ['checkov:CKV_K8S_11']);
  const other = { ...finding, object: 'Deployment headwater/consumer' };
  assert.deepEqual(waivers.refuse([finding, other]), [other]);
  assert.deepEqual(waivers.unused(), []);
});

test('a waiver ends on its day', () => {
  assert.deepEqual(new Waivers('2027-05-31', line).expired(), []);
  assert.deepEqual(new Waivers('2027-06-01', line).expired(), ['checkov:CKV_K8S_11']);
});

test('a waiver without a day, without a reason, or too many of them are refused', () => {
  assert.throws(() => new Waivers('2027-01-01', 'checkov:CKV_K8S_11 | . | no CPU limits'), /yyyy-mm-dd/);
  assert.throws(() => new Waivers('2027-01-01', 'checkov:CKV_K8S_11 | . | 2027-05-31'), /yyyy-mm-dd/);
  assert.throws(() => new Waivers('2027-01-01', `${line}\n`.repeat(11)), /at most 10, got 11/);
});
