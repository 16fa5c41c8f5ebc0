import { execFile, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command that failed and has printed the reason on this terminal. */
export class CommandFailed extends Error {
  /** Exit code of this process: 128 plus the number of the signal, if there was one. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type Signal = (typeof SIGNALS)[number];

/** The part of `process` that is used: its signals, and whether a terminal sends them. */
export interface Interruptible {
  on(signal: Signal, listener: (signal: Signal) => void): unknown;
  off(signal: Signal, listener: (signal: Signal) => void): unknown;
  readonly stdin: { readonly isTTY?: boolean };
}

/** The installed Pulumi CLI. */
export class PulumiCommand {
  readonly #stack: string;
  readonly #host: Interruptible;

  constructor(stack: string, host: Interruptible) {
    this.#stack = stack;
    this.#host = host;
  }

  /** @throws Error with the command that installs the CLI or creates the stack */
  async requireStack(): Promise<void> {
    const ask = (...args: string[]) => execute('pulumi', args);
    await ask('version').catch(() => {
      throw new Error(
        'the pulumi CLI is missing: curl -fsSL https://get.pulumi.com | sh, or brew install pulumi',
      );
    });
    await ask('whoami', '--non-interactive').catch((error: unknown) => {
      throw new Error(
        `pulumi keeps no state yet: pulumi login file://DIR keeps it in a directory, pulumi login s3://BUCKET in a bucket (${lastLine(error)})`,
      );
    });
    const onStack = ['--stack', this.#stack, '--non-interactive'];
    await ask('stack', ...onStack).catch((error: unknown) => {
      const line = lastLine(error);
      throw line.includes('passphrase')
        ? this.#closed(line)
        : new Error(`stack ${this.#stack} is not there: pulumi stack init ${this.#stack} (${line})`);
    });
    // Only decrypting a secret shows whether the passphrase is right; the output is discarded.
    await ask('config', '--show-secrets', ...onStack).catch((error: unknown) => {
      throw this.#closed(lastLine(error));
    });
  }

  #closed(reason: string): Error {
    return new Error(
      `the stack's secrets cannot be opened: PULUMI_CONFIG_PASSPHRASE must be the one with which stack ${this.#stack} was made (${reason})`,
    );
  }

  /** Runs a command on the stack, on this terminal. @throws CommandFailed */
  run(...args: readonly string[]): Promise<void> {
    return this.#spawn('inherit', args);
  }

  /** Runs a command on the stack and writes its standard output to a file, even if it fails. @throws CommandFailed */
  async runInto(path: string, ...args: readonly string[]): Promise<void> {
    const file = await open(path, 'w');
    try {
      await this.#spawn(file.fd, args);
    } finally {
      await file.close();
    }
  }

  async #spawn(output: 'inherit' | number, args: readonly string[]): Promise<void> {
    const child = spawn('pulumi', [...args, '--stack', this.#stack], {
      stdio: ['inherit', output, 'inherit'],
    });
    let stoppedBy: Signal | undefined;
    // Pulumi finishes operations in progress, so this process must not exit before it. A second Ctrl-C would make
    // Pulumi give up, so a signal that the terminal has sent to both is not forwarded.
    const stop = (signal: Signal): void => {
      stoppedBy ??= signal;
      if (signal !== 'SIGINT' || this.#host.stdin.isTTY !== true) child.kill(signal);
    };
    for (const signal of SIGNALS) this.#host.on(signal, stop);
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      if (code === 0) return;
      throw new CommandFailed(
        `pulumi ${args.join(' ')} ended with ${code ?? 'a signal'}`,
        stoppedBy === undefined ? 1 : 128 + constants.signals[stoppedBy],
      );
    } finally {
      for (const signal of SIGNALS) this.#host.off(signal, stop);
    }
  }

  /** @throws Error if the key has no value */
  async configuration(key: string): Promise<string> {
    const { stdout } = await execute('pulumi', ['config', 'get', key, '--stack', this.#stack]);
    return stdout.trim();
  }
}

function lastLine(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  return (stderr.trim().split('\n').at(-1) ?? message).replace(/^error: /, '');
}
