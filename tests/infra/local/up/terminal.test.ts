import assert from 'node:assert/strict';
import test from 'node:test';
import { Terminal } from '../../../../infra/local/up/terminal.ts';

function terminal(isTTY: boolean) {
  const written = { result: '', watched: '' };
  return {
    written,
    terminal: new Terminal(
      { write: (text) => (written.result += text) },
      { isTTY, write: (text) => (written.watched += text) },
    ),
  };
}

test('where a person watches, steps and the live line replace themselves', () => {
  const { terminal: tty, written } = terminal(true);
  tty.step('fetching: 1');
  tty.step('fetching: 2');
  tty.live('accepted 1');
  tty.print('done');
  assert.equal(written.watched, 'fetching: 1\r\x1b[Kfetching: 2\r\x1b[Kaccepted 1\r\x1b[Kdone\n');
});

test('elsewhere each step is one line, and what only repeats is left out', () => {
  const { terminal: plain, written } = terminal(false);
  plain.step('fetching: 1');
  plain.step('fetching: 2');
  plain.step('building');
  plain.live('accepted 1');
  plain.print('done');
  assert.equal(written.watched, 'fetching: 1\nbuilding\ndone\n');
});

test('a result stands alone on its stream', () => {
  const { terminal: tty, written } = terminal(true);
  tty.live('accepted 1');
  tty.result('{}');
  assert.deepEqual(written, { result: '{}\n', watched: 'accepted 1\r\x1b[K' });
});
