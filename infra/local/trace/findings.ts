/** What is looked for. */
export interface Wanted {
  readonly requestId: string;
  /** Number of a line of a batch, from 1; undefined for all. */
  readonly line: number | undefined;
  readonly topic: string;
  /** Records before it are not looked at; milliseconds since the epoch. */
  readonly since: number;
}

/** A record of the request. */
export interface Place {
  /** Number of its line in the upload of a batch, from 1; absent for a single upload. */
  readonly line?: number;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch, from the producer. */
  readonly timestamp: number;
  /** Where it is stored; absent while only Kafka has it. */
  readonly object?: { readonly key: string; /** From 1. */ readonly line: number };
}

/** Places beyond these are counted, not kept: a batch may have any number of lines. */
const KEPT = 10_000;

/** Collects what is found, and what could not be looked at. */
export class Findings {
  readonly #wanted: Wanted;
  readonly #places: Place[] = [];
  readonly #unknown: string[] = [];
  #omitted = 0;
  readonly looked = { chains: 0, objects: 0, skippedObjects: 0, unstoredRecords: 0 };

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Adds a record if it is of the request. @param id and line from its headers */
  add(
    { id, line }: { readonly id: string | undefined; readonly line: string | undefined },
    place: Omit<Place, 'line'>,
  ): void {
    const { requestId, line: wantedLine } = this.#wanted;
    if (id !== requestId || (wantedLine !== undefined && line !== String(wantedLine))) return;
    if (this.#places.length === KEPT) this.#omitted += 1;
    else this.#places.push({ ...(line === undefined ? {} : { line: Number(line) }), ...place });
  }

  /** Notes what keeps a search without a result from being an answer. */
  unknown(reason: string): void {
    this.#unknown.push(reason);
  }

  get unknowns(): readonly string[] {
    return this.#unknown;
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** In the order of the lines of the batch, each record once: stored, where it was found in the store too. */
  get places(): readonly Place[] {
    const unique = new Map<string, Place>();
    for (const place of this.#places) {
      const id = `${place.topicId}/${place.partition}/${place.offset}`;
      const known = unique.get(id);
      if (known?.object === undefined) unique.set(id, place);
    }
    return [...unique.values()].sort(
      (a, b) => (a.line ?? 0) - (b.line ?? 0) || a.partition - b.partition || a.offset - b.offset,
    );
  }
}
