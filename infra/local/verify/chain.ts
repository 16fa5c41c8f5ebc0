import type { Findings } from './findings.ts';
import { chainOf, type Link, type LinkKey } from './link.ts';

/** One partition's chain of objects, summed up. */
export interface ChainReport {
  readonly chain: string;
  readonly prefix: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly links: number;
  readonly records: number;
  /** Where the chain begins and ends (exclusive): what its links claim. */
  readonly start: number;
  readonly end: number;
  /** Of the records found; undefined while there is none. */
  readonly firstOffset: number | undefined;
  readonly lastOffset: number | undefined;
  /** Offsets that the metadata declare deleted by Kafka before they were read. */
  readonly recordedGaps: number;
  /** Offsets within links that hold no record and are in no gap: control records, compaction, or a loss. */
  readonly absent: number;
  /** Offsets between links that no link covers. */
  readonly gaps: number;
  /** Offsets that more than one link covers. */
  readonly overlaps: number;
  /** Records beyond the first at one offset. */
  readonly duplicates: number;
}

/**
 * I5: walks the links of one partition in the order of their start. A chain begins at 0, unless it
 * continues another prefix's or its oldest links have expired. Keeps only the links that a later one could still overlap, which in a whole
 * chain is one.
 */
export class ChainWalk {
  readonly #findings: Findings;
  readonly #begin: LinkKey;
  #recent: Link[] = [];
  #links = 0;
  #records = 0;
  #end: number;
  #lastStart = 0;
  #closedBy: string | undefined;
  #firstOffset: number | undefined;
  #lastOffset: number | undefined;
  #recordedGaps = 0;
  #absent = 0;
  #gaps = 0;
  #overlaps = 0;
  #duplicates = 0;

  constructor(findings: Findings, begin: LinkKey, mayBeginLate: boolean) {
    this.#findings = findings;
    this.#begin = begin;
    this.#end = mayBeginLate ? begin.start : 0;
  }

  add(link: Link): void {
    if (link.start < this.#lastStart)
      throw new Error(`store: ${link.key} is listed after ${this.#lastStart}`);
    this.#lastStart = link.start;
    if (this.#closedBy !== undefined) {
      this.#findings.add(
        'after-close',
        `${link.key}: the prefix ${this.#closedBy} continues the chain before it`,
      );
    }
    this.#closedBy = link.metadata.continuedBy;
    this.#join(link);
    this.#readRecords(link);
    this.#links += 1;
    this.#records += link.records.length;
    this.#recent.push(link);
  }

  report(): ChainReport {
    const { prefix, topic, topicId, partition, start } = this.#begin;
    return {
      chain: chainOf(this.#begin),
      prefix,
      topic,
      topicId,
      partition,
      links: this.#links,
      records: this.#records,
      start,
      end: this.#end,
      firstOffset: this.#firstOffset,
      lastOffset: this.#lastOffset,
      recordedGaps: this.#recordedGaps,
      absent: this.#absent,
      gaps: this.#gaps,
      overlaps: this.#overlaps,
      duplicates: this.#duplicates,
    };
  }

  #join({ key, start, end: endInKey, metadata }: Link): void {
    const { end, gap, defects } = metadata;
    if (end === undefined) this.#findings.add('bad-end', `${key}: ${defects.join(', ')}`);
    else if (defects.length > 0) this.#findings.add('metadata-mismatch', `${key}: ${defects.join(', ')}`);
    if (start > this.#end) {
      this.#gaps += start - this.#end;
      this.#findings.add('gap', `${key}: ${this.#end} to ${start} stand in no link`);
    }
    const covered = Math.min(this.#end, end ?? start) - start;
    if (covered > 0) {
      this.#overlaps += covered;
      // At-least-once delivery promises no more than that nothing is lost: there an overlap is a figure, not a fault.
      if (endInKey === undefined) {
        this.#findings.add('overlap', `${key}: ${start} to ${start + covered} stand in an earlier link too`);
      }
    }
    this.#end = Math.max(this.#end, end ?? start);
    if (gap !== undefined) this.#recordedGaps += gap.to - gap.from;
  }

  #readRecords(link: Link): void {
    const { key, start, end: endInKey, metadata, records, unreadable } = link;
    const { end = Number.MAX_SAFE_INTEGER, gap } = metadata;
    if (unreadable !== undefined) this.#findings.add('unreadable', `${key}: ${unreadable}`);
    else this.#compareMetadata(link);

    this.#recent = this.#recent.filter(({ records: earlier }) => (earlier.at(-1)?.offset ?? -1) >= start);
    const seen = new Set(this.#recent.flatMap(({ records: earlier }) => earlier.map(({ offset }) => offset)));
    let previous = -1;
    for (const { offset } of records) {
      if (seen.has(offset) || offset === previous) {
        this.#duplicates += 1;
        if (endInKey === undefined) this.#findings.add('duplicate-offset', `${key}: ${offset}`);
      }
      const deleted = gap !== undefined && offset >= gap.from && offset < gap.to;
      if (offset < start || offset >= end || offset < previous || deleted) {
        this.#findings.add('offset-out-of-place', `${key}: ${offset}${deleted ? ' is in its gap' : ''}`);
      }
      previous = offset;
    }
    if (metadata.end !== undefined) {
      const held = new Set(records.map(({ offset }) => offset)).size;
      this.#absent += Math.max(0, end - start - (gap === undefined ? 0 : gap.to - gap.from) - held);
    }
    this.#firstOffset ??= records[0]?.offset;
    const last = records.at(-1)?.offset;
    if (last !== undefined) this.#lastOffset = Math.max(this.#lastOffset ?? last, last);
  }

  #compareMetadata({ key, metadata: { count, first, last }, records }: Link): void {
    const differ = <Value extends number | bigint>(
      name: string,
      said: Value | undefined,
      found: Value | undefined,
    ): void => {
      if (said === undefined || said === found) return;
      this.#findings.add(
        'metadata-mismatch',
        `${key}: ${name} says ${said}, the content ${found ?? 'nothing'}`,
      );
    };
    differ('count', count, records.length);
    differ('first-offset', first?.offset, records[0]?.offset);
    differ('first-timestamp', first?.timestamp, records[0]?.timestamp);
    differ('last-offset', last?.offset, records.at(-1)?.offset);
    differ('last-timestamp', last?.timestamp, records.at(-1)?.timestamp);
  }
}
