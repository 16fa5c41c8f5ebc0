import type { Log } from '../../service/log.ts';
import { digestOf, readKeys } from './key-file.ts';
import { bucketsOf, Sender, type Buckets, type SourceCounts } from './sender.ts';
import type { Limits, SourceSettings } from './settings.ts';

/** A changed file is read within this time. The kubelet takes longer to change the file of a Secret. */
const CHECK_MS = 1_000;

export type Refusal = 'missing-key' | 'invalid-key' | 'wrong-source';

/** A source with keys, as its file said when it was read last. */
interface KeySource {
  readonly counts: SourceCounts;
  readonly buckets: readonly Buckets[];
  readonly limitsPerKey: Limits | undefined;
  readonly path: string;
  senders: ReadonlyMap<string, Sender>;
  /** Why the file has no effect; the keys are those from before. */
  problem: string | undefined;
}

export interface SourcesOptions {
  readonly log: Pick<Log, 'info' | 'error'>;
  /** In milliseconds, never going back. @default performance.now */
  readonly now?: () => number;
}

/** State of a source for its metrics. */
export interface SourceState extends SourceCounts {
  /** Keys that are valid now; `undefined` if the source is open. */
  readonly keys: number | undefined;
  readonly broken: boolean;
}

/** Who may send, and how much. */
export class Sources {
  readonly #log: SourcesOptions['log'];
  readonly #now: () => number;
  readonly #withKeys: KeySource[] = [];
  readonly #counts: SourceCounts[] = [];
  #open: Sender | undefined;
  #senders = new Map<string, Sender>();

  /** @throws Error if the keys of a source cannot be read, or two sources have the same */
  constructor(settings: SourceSettings, { log, now = () => performance.now() }: SourcesOptions) {
    this.#log = log;
    this.#now = now;
    for (const [name, source] of Object.entries(settings)) {
      const counts = { name, events: 0, bytes: 0, overQuota: 0 };
      const buckets = source.limits === undefined ? [] : [bucketsOf(source.limits, now())];
      this.#counts.push(counts);
      if (source.who === 'open') this.#open = new Sender(counts, buckets, now);
      else {
        const { keysFile: path, limitsPerKey } = source;
        const added = { counts, buckets, limitsPerKey, path, senders: new Map(), problem: undefined };
        this.#read(added);
        this.#withKeys.push(added);
      }
    }
    this.#index();
  }

  /** Whether anybody may send anything, so that no request need be looked at. */
  static isFree(settings: SourceSettings): boolean {
    return Object.values(settings).every(({ who, limits }) => who === 'open' && limits === undefined);
  }

  /**
   * Finds the sender of a request. The time that this takes depends on the SHA-256 of the key that was sent, which nobody
   * can steer towards that of a valid key.
   *
   * @param named the source that the client says it is
   */
  find(key: string | undefined, named: string | undefined): Sender | Refusal {
    const sender = key === undefined ? this.#open : this.#senders.get(digestOf(key));
    if (sender === undefined) return key === undefined ? 'missing-key' : 'invalid-key';
    if (named === undefined || named === sender.source.name) return sender;
    return key === undefined ? 'missing-key' : 'wrong-source';
  }

  get states(): readonly SourceState[] {
    return this.#counts.map((counts) => {
      const source = this.#withKeys.find((candidate) => candidate.counts === counts);
      return { ...counts, keys: source?.senders.size, broken: source?.problem !== undefined };
    });
  }

  /** Reads changed files until the process ends, which it does not hold up. @returns stops it */
  watch(): () => void {
    const timer = setInterval(() => this.reload(), CHECK_MS).unref();
    return () => clearInterval(timer);
  }

  /** Reads every file. One without valid content changes nothing, and is logged once. */
  reload(): void {
    let changed = false;
    for (const source of this.#withKeys) {
      const { counts, path, problem: before } = source;
      const { name } = counts;
      try {
        if (this.#read(source)) {
          changed = true;
          this.#log.info({ source: name, keys: source.senders.size }, 'keys of a source have changed');
        } else if (before !== undefined) this.#log.info({ source: name }, 'file of keys is valid again');
        source.problem = undefined;
      } catch (error) {
        source.problem = (error as Error).message;
        if (source.problem !== before) {
          this.#log.error(
            { source: name, path },
            `file of keys ${source.problem}: the keys from before stay valid`,
          );
        }
      }
    }
    if (changed) this.#index();
  }

  /** @returns whether the keys are others than before; a key that stays keeps what it has spent */
  #read(source: KeySource): boolean {
    const { counts, buckets, limitsPerKey, path, senders: before } = source;
    const digests = readKeys(path);
    const other = this.#withKeys.find(
      (candidate) => candidate !== source && [...digests].some((digest) => candidate.senders.has(digest)),
    );
    if (other !== undefined) throw new Error(`has a key of the source ${other.counts.name}`);
    if (digests.size === before.size && [...digests].every((digest) => before.has(digest))) return false;
    const senderOf = (digest: string): Sender => {
      const known = before.get(digest);
      if (known !== undefined) return known;
      const own = limitsPerKey === undefined ? [] : [bucketsOf(limitsPerKey, this.#now())];
      return new Sender(counts, [...buckets, ...own], this.#now);
    };
    source.senders = new Map([...digests].map((digest) => [digest, senderOf(digest)]));
    return true;
  }

  #index(): void {
    this.#senders = new Map(this.#withKeys.flatMap(({ senders }) => [...senders]));
  }
}
