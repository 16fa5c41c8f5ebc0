import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { programsOf } from './needs.ts';
import { installCommand, type ProgramName } from './programs.ts';

interface Skipped {
  readonly name: string;
  readonly file: string;
  readonly reason: string;
}

/** The tests that were not run, and why. */
export class LeftOut {
  readonly #root: string;
  readonly #skipped: Skipped[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  take({ type, data }: TestEvent): void {
    if (type !== 'test:pass' || typeof data.skip !== 'string') return;
    this.#skipped.push({ name: data.name, file: relative(this.#root, data.file ?? ''), reason: data.skip });
  }

  /** The programs that would have been needed. */
  get programs(): readonly ProgramName[] {
    return [...new Set(this.#skipped.flatMap(({ reason }) => programsOf(reason) ?? []))].sort();
  }

  /** Each by its name, and the command that adds those for which a program is missing; empty where all were run. */
  render(): string {
    if (this.#skipped.length === 0) return '';
    const lines = this.#skipped.map(({ name, file, reason }) => `  ${file}: ${name} (${reason})\n`);
    const { programs } = this;
    const command = programs.length > 0 ? `on Debian this adds them: ${installCommand(programs)}\n` : '';
    return `\nleft out:\n${lines.join('')}${command}`;
  }
}
