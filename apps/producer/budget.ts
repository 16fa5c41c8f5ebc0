/** Counts what is held in memory for requests under way, against the bounds of the configuration. */
export class Budget {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #records = 0;
  #bytes = 0;

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  fits(records: number, bytes: number): boolean {
    return this.#records + records <= this.#maxRecords && this.#bytes + bytes <= this.#maxBytes;
  }

  /** Takes both or, where either bound would be exceeded, neither. */
  take(records: number, bytes: number): boolean {
    if (!this.fits(records, bytes)) return false;
    this.#records += records;
    this.#bytes += bytes;
    return true;
  }

  give(records: number, bytes: number): void {
    this.#records -= records;
    this.#bytes -= bytes;
  }
}
