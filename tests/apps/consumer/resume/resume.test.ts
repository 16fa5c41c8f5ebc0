import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest, ResumeError, usage } from '../../../../apps/consumer/resume/resume.ts';

const CHAIN = 'uploads/UMHnOHZ4RxCQCfi4OjdJ3Q/3';
const read = (line: string) => readRequest(line.split(' '));

test('reads what the log line of a stop says, for each reason', () => {
  const chain = { topic: 'uploads', topicId: 'UMHnOHZ4RxCQCfi4OjdJ3Q', partition: 3 };
  assert.deepEqual(read(`--chain ${CHAIN} --accept bad-segment --at 10 --end 12`), {
    chain,
    decision: { accepts: 'bad-segment', at: 10, end: 12 },
  });
  assert.deepEqual(read(`--chain ${CHAIN} --accept truncated-log --at 30 --leader-epoch 5`), {
    chain,
    decision: { accepts: 'truncated-log', at: 30, leaderEpoch: 5 },
  });
});

test('--help is answered before anything else is asked for', () => {
  assert.equal(readRequest(['--help']), 'help');
  assert.match(usage, /^usage: npx headwater resume --chain TOPIC/);
});

test('refuses what is no decision, with the usage', () => {
  for (const line of [
    '--accept bad-segment',
    `--chain ${CHAIN} --accept bad-segment --at 10 --end 10`,
    `--chain ${CHAIN} --accept bad-segment --at 10 --end OFFSET`,
    `--chain ${CHAIN} --accept anything --at 10 --end 12`,
    `--chain ${CHAIN} --surely`,
  ]) {
    assert.throws(
      () => read(line),
      (error) => error instanceof ResumeError && error.message.includes(usage),
    );
  }
});
