import assert from 'node:assert/strict';
import test from 'node:test';
import { openSources } from '../../../../apps/producer/sources/open-sources.ts';
import { createLog } from '../../../../apps/service/log.ts';

function open(settings: Parameters<typeof openSources>[0]) {
  const lines: string[] = [];
  const log = createLog('producer', 'info', { write: (line) => void lines.push(line) });
  return { sources: openSources(settings, log), lines };
}

test('without sources no request is looked at, and the log warns', () => {
  const { sources, lines } = open(undefined);
  assert.equal(sources, undefined);
  assert.match(lines.join(''), /"level":"warn".*"msg":"SOURCES is not set: everybody/);
});

test('one open source without limits: no request is looked at, and the log has the reason', () => {
  const { sources, lines } = open({ page: { who: 'open', reason: 'a test' } });
  assert.equal(sources, undefined);
  assert.match(lines.join(''), /"level":"info".*"source":"page","reason":"a test"/);
});

test('an open source with a limit is looked at', () => {
  const limits = { requestsPerSecond: 1, burstSeconds: 1 };
  const { sources } = open({ page: { who: 'open', reason: 'a test', limits } });
  assert.equal(sources?.states[0]?.name, 'page');
});
