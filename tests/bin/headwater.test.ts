import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const COMMAND = join(ROOT, 'bin/headwater.mjs');

interface Command {
  readonly program: string;
  readonly takes?: 'nothing';
}

// Plain JavaScript, because it runs before there is a Node that reads anything else.
const { commands } = (await import(new URL('../../bin/commands.mjs', import.meta.url).href)) as {
  readonly commands: Readonly<Record<string, Command>>;
};

interface Result {
  readonly status: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function headwater(...args: readonly string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

test('the help names every subcommand, whose program is there', async () => {
  for (const args of [[], ['--help']]) {
    const { status, stdout, stderr } = await headwater(...args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    for (const [name, { program }] of Object.entries(commands)) {
      assert.match(stdout, new RegExp(`^  ${name} {2,}\\w`, 'm'));
      assert.ok(existsSync(join(ROOT, program)), program);
    }
  }
});

test('a subcommand that there is not is refused', async () => {
  for (const name of ['uup', 'lint', 'toString']) {
    assert.deepEqual(await headwater(name), {
      status: 2,
      stdout: '',
      stderr: `error: there is no subcommand ${name}\nnpx headwater --help names all\n`,
    });
  }
});

suite('every subcommand', { concurrency: 4 }, () => {
  for (const [name, { takes }] of Object.entries(commands)) {
    const words = name.split(' ');
    test(`${name} has its usage`, async () => {
      const { status, stdout, stderr } = await headwater(...words, '--help');
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.match(stdout, new RegExp(`^usage: npx headwater ${name === 'demo' ? 'up' : name}\\b`));
    });

    // The words of `lab` come before its options.
    if (name === 'lab') continue;
    test(`${name} refuses an option that there is not`, async () => {
      const { status, stdout, stderr } = await headwater(...words, '--no-such-option');
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      // A program of an image, where there is no npx.
      if (name === 'resume') {
        assert.match(stderr, /^error: Unknown option '--no-such-option'[^]*\nusage: npx headwater resume /);
        return;
      }
      const error = takes === 'nothing' ? 'there are no arguments, got' : 'there is no option';
      assert.match(
        stderr,
        new RegExp(`^error: ${error} --no-such-option\\nnpx headwater [a-z -]+ --help \\w`),
      );
    });
  }
});

test('by way of npm and of npx the exit code is the same', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-npx-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const status = (...words: readonly string[]) => {
    const [program, ...args] = [...words, '--state', join(directory, 'nothing')];
    return spawnSync(program, args, {
      cwd: ROOT,
      encoding: 'utf8',
      // What npx runs is the checkout's own: no registry is asked.
      env: { ...process.env, npm_config_cache: join(directory, 'cache'), npm_config_offline: 'true' },
    });
  };
  for (const words of [
    ['npm', 'run', '--silent', 'status', '--'],
    ['npx', 'headwater', 'status'],
  ]) {
    const { status: code, stdout, stderr } = status(...words);
    assert.deepEqual({ code, stderr }, { code: 1, stderr: '' }, stdout);
  }
});

/** What an npm script runs is a subcommand, or sets up by itself. */
test('each npm script runs a subcommand, or sets up before it runs what is installed', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  // Run inside others, or by who has run others.
  const apart = ['lint', 'assembly:update', 'docs:update'];
  for (const [name, script] of Object.entries(scripts).filter(([known]) => !apart.includes(known))) {
    assert.match(script, /^(exec )?node (bin\/headwater\.mjs|infra\/local\/setup\.mjs &&) /, name);
    for (const [, words] of script.matchAll(/bin\/headwater\.mjs ([^&]*)/g)) {
      const known = Object.keys(commands).some((command) => `${words} `.startsWith(`${command} `));
      assert.ok(known, `${name}: ${words}`);
    }
  }
});

/** A checkout whose `status` is a program of the test's own. */
function checkout(t: TestContext, program: string, oldest: string): string {
  const root = mkdtempSync(join(tmpdir(), 'headwater-bin-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const setUp = readFileSync(join(ROOT, 'infra/local/setup.mjs'), 'utf8');
  write('infra/local/setup.mjs', setUp.replace('MINIMUM_NODE = [24, 6]', `MINIMUM_NODE = [${oldest}]`));
  write('infra/local/main.ts', program);
  write('package.json', '{"type":"module"}');
  for (const path of ['package-lock.json', 'node_modules/.package-lock.json']) write(path, '{"packages":{}}');
  mkdirSync(join(root, 'node_modules/.bin'));
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'));
  return join(root, 'bin/headwater.mjs');
}

const WAITS = `
  process.on('SIGINT', () => { console.log('SIGINT'); process.exit(130); });
  process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(3); });
  console.log(process.pid);
  setInterval(() => undefined, 1_000);
`;

for (const [title, oldest] of [
  ['in this process', '24, 6'],
  ['with the Node of the lock file, where this one is too old', '99, 0'],
] as const) {
  suite(title, () => {
    test('arguments and exit code are the program’s own', (t) => {
      const command = checkout(t, 'console.log(process.argv.slice(2).join()); process.exitCode = 3;', oldest);
      const { status, stdout } = spawnSync(process.execPath, [command, 'status', '--state', 'a b'], {
        encoding: 'utf8',
      });
      assert.deepEqual({ status, stdout }, { status: 3, stdout: 'status,--state,a b\n' });
    });

    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 3],
    ] as const) {
      test(`${signal} reaches the program, and its end is the command's`, async (t) => {
        const child = spawn(process.execPath, [checkout(t, WAITS, oldest), 'status'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        t.after(() => child.kill('SIGKILL'));
        const [first] = (await once(child.stdout, 'data')) as [Buffer];
        const said: string[] = [];
        child.stdout.on('data', (text: Buffer) => said.push(text.toString()));
        child.kill(signal);
        const [status] = (await once(child, 'close')) as [number];
        assert.deepEqual({ status, said: said.join('') }, { status: code, said: `${signal}\n` });
        assert.throws(() => process.kill(Number(first.toString()), 0), { code: 'ESRCH' });
      });
    }
  });
}

test('a program that a signal has ended is told by its exit code', (t) => {
  const command = checkout(t, "process.kill(process.pid, 'SIGKILL');", '99, 0');
  assert.equal(spawnSync(process.execPath, [command, 'status']).status, 137);
});
