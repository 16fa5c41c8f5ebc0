import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

/** At most this many: what needs more is not an exception. */
const MAX_WAIVERS = 10;

interface Waiver {
  readonly checks: readonly string[];
  readonly objects: RegExp;
  readonly reason: string;
}

/** Findings that are let pass, from `waivers.txt`: one a line, `checks | pattern of objects | reason`. */
export class Waivers {
  readonly #waivers: readonly Waiver[];
  readonly #used = new Set<Waiver>();

  /** @throws {Error} where a line has no reason, or where there are more lines than there may be */
  constructor(text = readFileSync(join(import.meta.dirname, 'waivers.txt'), 'utf8')) {
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.length > MAX_WAIVERS)
      throw new Error(`waivers must be at most ${MAX_WAIVERS}, got ${lines.length}`);
    this.#waivers = lines.map((line) => {
      const [checks = '', objects = '', reason = ''] = line.split(' | ');
      if (reason === '') throw new Error(`a waiver must be "checks | objects | reason", got ${line}`);
      return { checks: checks.split(', '), objects: new RegExp(objects.replaceAll('\\|', '|')), reason };
    });
  }

  /** What no waiver covers. */
  refuse(findings: readonly Finding[]): readonly Finding[] {
    return findings.filter(({ check, object }) => {
      const waiver = this.#waivers.find(
        ({ checks, objects }) => checks.includes(check) && objects.test(object),
      );
      if (waiver !== undefined) this.#used.add(waiver);
      return waiver === undefined;
    });
  }

  /** Waivers that nothing has needed: they would hide what comes later. */
  unused(): readonly string[] {
    return this.#waivers.filter((waiver) => !this.#used.has(waiver)).map(({ checks }) => checks.join(', '));
  }
}
