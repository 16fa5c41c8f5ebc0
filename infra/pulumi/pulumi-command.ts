import { execFile, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command that has said on this terminal why it failed. */
export class CommandFailed extends Error {}

/** The CLI as this machine has it. */
export class PulumiCommand {
  readonly #stack: string;

  constructor(stack: string) {
    this.#stack = stack;
  }

  /** @throws Error with the command that installs it, or that makes the stack */
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
    // Only what opens a secret finds out whether it can; what this one writes goes nowhere.
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

  /** Runs a command on the stack, with its standard output in a file, also where it fails. @throws CommandFailed */
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
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new CommandFailed(`pulumi ${args.join(' ')} ended with ${code ?? 'a signal'}`);
  }

  /** @throws Error where the key has no value */
  async configuration(key: string): Promise<string> {
    const { stdout } = await execute('pulumi', ['config', 'get', key, '--stack', this.#stack]);
    return stdout.trim();
  }
}

function lastLine(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  return (stderr.trim().split('\n').at(-1) ?? message).replace(/^error: /, '');
}
