import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { runCommand } from '../../infra/local/command.ts';
import type { Host, Progress } from '../../infra/local/host.ts';

const SUITE = 'trixie';
/** On a disk: a test's brokers, and what is built, would not fit into memory. */
const PLACE = '/var/tmp/headwater-fresh-';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

export const USERS: readonly User[] = [
  { name: 'root', uid: 0, home: '/root' },
  { name: 'newcomer', uid: 1_000, home: '/home/newcomer' },
];

/** How this machine reaches the registries: names of variables, and files below the home directory and `/etc`. */
const SETTINGS = {
  variables: [
    ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
    ...['npm_config_registry', 'GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'PIP_INDEX_URL', 'PIP_CERT'],
    ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
  ],
  home: ['.npmrc', '.m2/settings.xml', '.config/pip/pip.conf'],
  machine: ['etc/hosts', 'etc/pip.conf', 'etc/resolv.conf', 'usr/local/share/ca-certificates'],
};

/** Makes the root the process's own, in namespaces of its own: what is left running or mounted ends with it. */
const ENTER = `
mount --bind "$1" "$1"
cd "$1"
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
mkdir -p .before
pivot_root . .before
umount -l .before
cd "$2"
shift 2
exec "$@"`;

export interface BareMachineOptions {
  readonly host: Host;
  readonly progress: Progress;
  /** Ends what it is made by. */
  readonly signal: AbortSignal;
}

/** A Debian with some packages and nothing else, and this machine's way to the registries. */
export class BareMachine {
  readonly #options: BareMachineOptions;
  readonly #directory: string;
  #running: ChildProcess | undefined;

  private constructor(options: BareMachineOptions, directory: string) {
    this.#options = options;
    this.#directory = directory;
  }

  /** Needs root, and mmdebstrap. */
  static async create(packages: readonly string[], options: BareMachineOptions): Promise<BareMachine> {
    const { host, progress, signal } = options;
    const machine = await BareMachine.#place(options);
    try {
      progress(`making a Debian ${SUITE} with ${packages.join(', ')}`);
      const args = ['--variant=minbase', `--include=${packages.join(',')}`, SUITE, machine.#root];
      await runCommand('mmdebstrap', args, { host, cwd: '/', signal, onLine: progress });
      await machine.#passSettings();
      return machine;
    } catch (error) {
      await machine.remove();
      throw error;
    }
  }

  /** The same once more, as it is now. */
  async copy(): Promise<BareMachine> {
    const { host, signal } = this.#options;
    const machine = await BareMachine.#place(this.#options);
    try {
      await runCommand('cp', ['--archive', this.#root, machine.#root], { host, cwd: '/', signal });
      return machine;
    } catch (error) {
      await machine.remove();
      throw error;
    }
  }

  /** A clone of what is committed, as the user would have made it. */
  async clone(checkout: string, { uid, home }: User): Promise<void> {
    const { host, signal } = this.#options;
    const options = { host, cwd: '/', signal };
    const path = join(this.#root, home, 'headwater');
    await mkdir(dirname(path), { recursive: true });
    await runCommand('git', ['clone', '--quiet', '--no-hardlinks', checkout, path], options);
    for (const file of SETTINGS.home) {
      const source = join(homedir(), file);
      if (existsSync(source)) await cp(source, join(this.#root, home, file));
    }
    await this.#passGoSettings(home);
    await runCommand('chown', ['--recursive', `${uid}:${uid}`, join(this.#root, home)], options);
  }

  /** Runs a line of the README in the clone. @returns its exit code */
  async run(line: string, { name, uid, home }: User, onLine: (line: string) => void): Promise<number | null> {
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sh', '-c', line];
    return this.#enter(join(home, 'headwater'), as, { HOME: home, USER: name }, onLine);
  }

  async remove(): Promise<void> {
    const running = this.#running;
    if (running?.exitCode === null && running.signalCode === null) {
      running.kill('SIGKILL');
      await once(running, 'close');
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  static async #place(options: BareMachineOptions): Promise<BareMachine> {
    const directory = await mkdtemp(PLACE);
    await chmod(directory, 0o755);
    return new BareMachine(options, directory);
  }

  get #root(): string {
    return join(this.#directory, 'root');
  }

  async #passSettings(): Promise<void> {
    for (const path of SETTINGS.machine) {
      if (existsSync(`/${path}`))
        await cp(`/${path}`, join(this.#root, path), { recursive: true, dereference: true });
    }
    const users = USERS.filter(({ uid }) => uid !== 0);
    const lines = users.map(({ name, uid, home }) => `${name}:x:${uid}:${uid}::${home}:/bin/sh\n`);
    await writeFile(join(this.#root, 'etc/passwd'), lines.join(''), { flag: 'a' });
    const groups = users.map(({ name, uid }) => `${name}:x:${uid}:\n`);
    await writeFile(join(this.#root, 'etc/group'), groups.join(''), { flag: 'a' });
    const code = await this.#enter('/', ['update-ca-certificates'], {}, () => undefined);
    if (code !== 0) throw new Error(`update-ca-certificates ended with ${code ?? 'a signal'}`);
  }

  /** Which proxy Go asks, and no other setting of this machine's: one keeps Go from fetching the version that a module names. */
  async #passGoSettings(home: string): Promise<void> {
    const file = '.config/go/env';
    const source = join(homedir(), file);
    if (!existsSync(source)) return;
    const lines = (await readFile(source, 'utf8')).split('\n');
    const passed = lines.filter((line) => SETTINGS.variables.includes(line.split('=', 1)[0] ?? ''));
    await mkdir(join(this.#root, home, dirname(file)), { recursive: true });
    await writeFile(join(this.#root, home, file), passed.map((line) => `${line}\n`).join(''));
  }

  async #enter(
    cwd: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ): Promise<number | null> {
    const { env } = this.#options.host;
    const passed = SETTINGS.variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
    const namespaces = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--propagation', 'private'];
    const args = [...namespaces, 'sh', '-euc', ENTER, 'sh', this.#root, cwd, ...command];
    const child = spawn('unshare', args, {
      cwd: '/',
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        ...(Object.fromEntries(passed) as Record<string, string>),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  }
}
