import type { Findings } from './findings.ts';
import { chainOf, type Segment, type SegmentKey } from './segment.ts';

/** Summary of one partition's chain. */
export interface ChainReport {
  readonly chain: string;
  readonly prefix: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly segments: number;
  readonly records: number;
  /** Start and end (exclusive) of the chain, from its segments. */
  readonly start: number;
  readonly end: number;
  /** Of the records found; undefined while there is none. */
  readonly firstOffset: number | undefined;
  readonly lastOffset: number | undefined;
  /** Offsets that the metadata declare deleted by Kafka before they were read. */
  readonly recordedGaps: number;
  /** Offsets within segments that hold no record and are in no gap: control records, compaction, or a loss. */
  readonly absent: number;
  /** Offsets between segments that no segment covers. */
  readonly gaps: number;
  /** Offsets that more than one segment covers. */
  readonly overlaps: number;
  /** Records beyond the first at one offset. */
  readonly duplicates: number;
}

/**
 * I5: walks the segments of one partition in the order of their start. A chain starts at 0, unless it continues another
 * prefix or its oldest segments have expired. Keeps only segments that a later one may overlap: one, in a whole chain.
 */
export class ChainWalk {
  readonly #findings: Findings;
  readonly #begin: SegmentKey;
  #recent: Segment[] = [];
  #segments = 0;
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

  constructor(findings: Findings, begin: SegmentKey, mayBeginLate: boolean) {
    this.#findings = findings;
    this.#begin = begin;
    this.#end = mayBeginLate ? begin.start : 0;
  }

  add(segment: Segment): void {
    if (segment.start < this.#lastStart)
      throw new Error(`store: ${segment.key} is listed after ${this.#lastStart}`);
    this.#lastStart = segment.start;
    if (this.#closedBy !== undefined) {
      this.#findings.add(
        'after-close',
        `${segment.key}: the prefix ${this.#closedBy} continues the chain before it`,
      );
    }
    this.#closedBy = segment.metadata.continuedBy;
    this.#join(segment);
    this.#readRecords(segment);
    this.#segments += 1;
    this.#records += segment.records.length;
    this.#recent.push(segment);
  }

  report(): ChainReport {
    const { prefix, topic, topicId, partition, start } = this.#begin;
    return {
      chain: chainOf(this.#begin),
      prefix,
      topic,
      topicId,
      partition,
      segments: this.#segments,
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

  #join({ key, start, end: endInKey, metadata }: Segment): void {
    const { end, gap, defects } = metadata;
    if (end === undefined) this.#findings.add('bad-end', `${key}: ${defects.join(', ')}`);
    else if (defects.length > 0) this.#findings.add('metadata-mismatch', `${key}: ${defects.join(', ')}`);
    if (start > this.#end) {
      this.#gaps += start - this.#end;
      this.#findings.add('gap', `${key}: ${this.#end} to ${start} stand in no segment`);
    }
    const covered = Math.min(this.#end, end ?? start) - start;
    if (covered > 0) {
      this.#overlaps += covered;
      // At-least-once delivery allows overlaps: here an overlap is a figure, not a violation.
      if (endInKey === undefined) {
        this.#findings.add(
          'overlap',
          `${key}: ${start} to ${start + covered} stand in an earlier segment too`,
        );
      }
    }
    this.#end = Math.max(this.#end, end ?? start);
    if (gap !== undefined) this.#recordedGaps += gap.to - gap.from;
  }

  #readRecords(segment: Segment): void {
    const { key, start, end: endInKey, metadata, records, unreadable } = segment;
    const { end = Number.MAX_SAFE_INTEGER, gap } = metadata;
    if (unreadable !== undefined) this.#findings.add('unreadable', `${key}: ${unreadable}`);
    else this.#compareMetadata(segment);

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

  #compareMetadata({ key, metadata: { count, first, last }, records }: Segment): void {
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
