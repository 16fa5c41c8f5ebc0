import assert from 'node:assert/strict';
import test from 'node:test';
import { createLog } from '../../../apps/service/log.ts';

test('one event is one line, whatever a client sent', () => {
  const lines: string[] = [];
  const log = createLog('producer', 'info', { write: (line) => void lines.push(line) });
  log.info({ requestId: 'a\r\n{"level":"error"}\u2028' }, 'line\nbreak');
  log.debug('not written');

  assert.equal(lines.length, 1);
  assert.equal(/\n./.test(lines.join('')), false);
  const event = JSON.parse(lines[0] ?? '') as Record<string, string | undefined>;
  assert.equal(event['level'], 'info');
  assert.equal(event['name'], 'producer');
  assert.equal(event['requestId'], 'a\r\n{"level":"error"}\u2028');
  assert.equal(event['msg'], 'line\nbreak');
  assert.ok(Math.abs(Date.parse(event['time'] ?? '') - Date.now()) < 60_000);
});
