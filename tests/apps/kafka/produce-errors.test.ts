import assert from 'node:assert/strict';
import test from 'node:test';
import { protocolErrorsCodesById } from '@platformatic/kafka';
import { errorName } from '../../../apps/kafka/errors.ts';
import { classify, classifiedErrors } from '../../../apps/kafka/produce-errors.ts';

const NO_OFFSET = -1n;

/** Every code that Produce may answer before it appends, and what is to be done; the rest may be in the log. */
const refusals: Record<string, 'retry' | 'split' | 'stop'> = {
  CORRUPT_MESSAGE: 'retry',
  UNKNOWN_TOPIC_OR_PARTITION: 'retry',
  LEADER_NOT_AVAILABLE: 'retry',
  NOT_LEADER_OR_FOLLOWER: 'retry',
  BROKER_NOT_AVAILABLE: 'retry',
  REPLICA_NOT_AVAILABLE: 'retry',
  MESSAGE_TOO_LARGE: 'split',
  INVALID_TOPIC_EXCEPTION: 'stop',
  RECORD_LIST_TOO_LARGE: 'split',
  NOT_ENOUGH_REPLICAS: 'retry',
  INVALID_REQUIRED_ACKS: 'stop',
  TOPIC_AUTHORIZATION_FAILED: 'stop',
  CLUSTER_AUTHORIZATION_FAILED: 'stop',
  INVALID_TIMESTAMP: 'split',
  UNSUPPORTED_VERSION: 'stop',
  INVALID_REQUEST: 'stop',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'stop',
  POLICY_VIOLATION: 'stop',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'stop',
  SECURITY_DISABLED: 'stop',
  FENCED_LEADER_EPOCH: 'retry',
  UNKNOWN_LEADER_EPOCH: 'retry',
  UNSUPPORTED_COMPRESSION_TYPE: 'stop',
  INVALID_RECORD: 'split',
  THROTTLING_QUOTA_EXCEEDED: 'retry',
  UNKNOWN_TOPIC_ID: 'retry',
};

/** After these the same batch cannot fare better: the producer id is lost. */
const lostProducerId = [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
];

const codes = Object.keys(protocolErrorsCodesById)
  .map(Number)
  .filter((code) => code !== 0);

test('every error code of the protocol has one errorClass, and only known refusals are refusals', () => {
  assert.ok(codes.length > 120);
  for (const code of codes) {
    const name = errorName(code);
    const { outcome, next } = classify(code, NO_OFFSET);
    const refusal = refusals[name];
    const expected = refusal
      ? { outcome: 'not-stored', next: refusal }
      : { outcome: 'unknown', next: lostProducerId.includes(name) ? 'stop' : 'retry' };
    assert.deepEqual({ outcome, next }, expected, name);
  }
});

test('an error beside a base offset is never a refusal: the leader had appended', () => {
  for (const code of codes) {
    const { outcome, next } = classify(code, 7n);
    assert.equal(outcome, 'unknown', errorName(code));
    assert.notEqual(next, 'split', errorName(code));
  }
});

test('a code from the future may be in the log, and is asked again', () => {
  assert.deepEqual(classify(9_999, NO_OFFSET), classify(-2, NO_OFFSET));
  assert.equal(classify(9_999, NO_OFFSET).outcome, 'unknown');
  assert.equal(classify(9_999, NO_OFFSET).next, 'retry');
  assert.equal(errorName(9_999), 'error 9999');
});

test('the table names only errors that the protocol has', () => {
  const names = new Set(Object.values(protocolErrorsCodesById));
  assert.deepEqual(
    classifiedErrors.filter((name) => !names.has(name)),
    [],
  );
});
