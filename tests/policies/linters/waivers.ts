import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

/** At most this many: what needs more is not an exception. */
const MAX_WAIVERS = 10;

interface Waiver {
  readonly checks: readonly string[];
  readonly objects: RegExp;
  /** Last day of the waiver: afterwards somebody must look again. */
  readonly until: string;
}

/** Findings that are let pass, from `waivers.txt`: one a line, `checks | pattern of objects | last day | reason`. */
export class Waivers {
  readonly #waivers: readonly Waiver[];
  readonly #used = new Set<Waiver>();

  readonly #today: string;

  /**
   * @param today As `2026-01-31`.
   * @throws {Error} where a line has no day or no reason, or where there are more lines than there may be
   */
  constructor(today: string, text = readFileSync(join(import.meta.dirname, 'waivers.txt'), 'utf8')) {
    this.#today = today;
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.length > MAX_WAIVERS)
      throw new Error(`waivers must be at most ${MAX_WAIVERS}, got ${lines.length}`);
    this.#waivers = lines.map((line) => {
      const [checks = '', objects = '', until = '', reason = ''] = line.split(' | ');
      if (reason === '' || !/^\d{4}-\d\d-\d\d$/.test(until)) {
        throw new Error(`a waiver must be "checks | objects | yyyy-mm-dd | reason", got ${line}`);
      }
      return { checks: checks.split(', '), objects: new RegExp(objects.replaceAll('\\|', '|')), until };
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

  /** Waivers whose last day is over. */
  expired(): readonly string[] {
    return this.#waivers.filter(({ until }) => until < this.#today).map(({ checks }) => checks.join(', '));
  }

  /** Waivers that nothing has needed: they would hide what comes later. */
  unused(): readonly string[] {
    return this.#waivers.filter((waiver) => !this.#used.has(waiver)).map(({ checks }) => checks.join(', '));
  }
}
