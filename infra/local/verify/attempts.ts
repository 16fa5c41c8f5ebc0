import { CompactSet } from './compact-set.ts';
import type { Findings } from './findings.ts';
import type { SegmentKey, StoredRecord } from './segment.ts';

/** Outcome of one event for the client: accepted (2xx), refused, or unknown (504, reset, timeout). */
export type Outcome = 'accepted' | 'refused' | 'unknown';

/** One event as one HTTP attempt sent it. A retry is a new attempt with a new request id. */
export interface Attempt {
  /** {@link attemptId} of its request. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Of the bytes sent, hexadecimal. */
  readonly sha256: string;
  /** Position in the response; accepted attempts only. */
  readonly partition?: number;
  readonly offset?: number;
  /** Response or error instead of an acceptance, for people. */
  readonly message?: string;
}

/** All attempts of one client, to compare with the store. */
export interface Ledger {
  /** Prefix of the request ids of this ledger; `''` matches all records. */
  readonly requestIdPrefix: string;
  readonly attempts: Iterable<Attempt>;
}

export interface AttemptCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  /** Distinct attempts of the ledger that are stored; all stored records without a ledger. */
  readonly stored: number;
  /** Attempts of unknown outcome that are stored after all. */
  readonly storedUnknown: number;
  /** Accepted and not stored. */
  readonly missing: number;
  /** Stored copies beyond the first of one attempt of the ledger. */
  readonly duplicate: number;
  /**
   * Repeated records with a name outside of any ledger. Not an error: a client may repeat an event under the id of its
   * first attempt, or use one id for everything.
   */
  readonly repeated: number;
  /** Stored records without a `request-id` header: not from this producer. */
  readonly unidentified: number;
  /** Stored records of other clients than the ledger's. */
  readonly others: number;
}

/** The name of one attempt at one event: its request id, and for a batch its line (1-based). */
export function attemptId(requestId: string, line?: number | string): string {
  return line === undefined ? requestId : `${requestId}#${String(line)}`;
}

/** I1–I4 and I7: compares stored records with the attempts; needs a ledger. */
export class AttemptCheck {
  readonly #findings: Findings;
  readonly #prefix: string | undefined;
  readonly #sent = new Map<string, { readonly attempt: Attempt; copies: number }>();
  readonly #unledgered = new CompactSet();
  #records = 0;
  #unidentified = 0;
  #others = 0;
  #duplicate = 0;
  #repeated = 0;

  constructor(findings: Findings, ledger?: Ledger) {
    this.#findings = findings;
    this.#prefix = ledger?.requestIdPrefix;
    for (const attempt of ledger?.attempts ?? []) {
      if (this.#sent.has(attempt.id)) throw new Error(`ledger: attempt ${attempt.id} is listed twice`);
      this.#sent.set(attempt.id, { attempt, copies: 0 });
    }
  }

  record({ partition, end }: Pick<SegmentKey, 'partition' | 'end'>, record: StoredRecord): void {
    this.#records += 1;
    const id = record.attempt;
    if (id === undefined) {
      this.#unidentified += 1;
      return;
    }
    const place = `${id} at ${partition}/${record.offset}`;
    // At-least-once delivery, recognized by the end in the keys, may store a record twice.
    const once = end === undefined;
    const sent = this.#sent.get(id);
    if (sent === undefined) {
      if (!this.#unledgered.add(id)) this.#repeated += 1;
      if (this.#prefix === undefined || !id.startsWith(this.#prefix)) this.#others += 1;
      else this.#findings.add('never-sent', place);
      return;
    }
    sent.copies += 1;
    if (sent.copies > 1) this.#duplicated(place, once);
    const { attempt } = sent;
    if (attempt.outcome === 'refused') this.#findings.add('refused-but-stored', place);
    if (attempt.sha256 !== record.sha256) this.#findings.add('altered', place);
    // A 201 may come without the offset: an earlier attempt stored the record, and the broker no longer knows where.
    const moved =
      (attempt.partition ?? partition) !== partition || (attempt.offset ?? record.offset) !== record.offset;
    if (attempt.outcome === 'accepted' && moved && sent.copies === 1) {
      this.#findings.add('misplaced', `${place}, accepted at ${attempt.partition}/${attempt.offset}`);
    }
  }

  finish(): AttemptCounts {
    const outcomes = { accepted: 0, refused: 0, unknown: 0 };
    let stored = 0;
    let storedUnknown = 0;
    let missing = 0;
    for (const { attempt, copies } of this.#sent.values()) {
      outcomes[attempt.outcome] += 1;
      if (copies > 0) {
        stored += 1;
        if (attempt.outcome === 'unknown') storedUnknown += 1;
      } else if (attempt.outcome === 'accepted') {
        missing += 1;
        this.#findings.add('missing', `${attempt.id}, accepted at ${attempt.partition}/${attempt.offset}`);
      }
    }
    return {
      ...outcomes,
      stored: this.#prefix === undefined ? this.#records : stored,
      storedUnknown,
      missing,
      duplicate: this.#duplicate,
      repeated: this.#repeated,
      unidentified: this.#unidentified,
      others: this.#prefix === undefined ? 0 : this.#others,
    };
  }

  #duplicated(place: string, once: boolean): void {
    this.#duplicate += 1;
    if (once) this.#findings.add('duplicate-attempt', place);
  }
}
