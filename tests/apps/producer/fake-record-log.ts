import {
  DeliveryError,
  type EventRecord,
  type RecordHead,
  type RecordLog,
  type RecordRun,
  type Settled,
  type StoredRecord,
} from '../../../apps/producer/delivery/record-log.ts';

/** Stands for Kafka where only the HTTP side is tested: keeps what is appended, or answers as it is told. */
export class FakeRecordLog implements RecordLog {
  readonly topic = 'events';
  readonly records: EventRecord[] = [];
  problem: string | undefined;
  /** What the next appends do; by default each is stored at once. */
  answer: (record: EventRecord, offset: number) => Promise<StoredRecord> = (_record, offset) =>
    Promise.resolve({ partition: 0, offset, timestamp: 1_700_000_000_000 });

  notReady(): string | undefined {
    return this.problem;
  }

  append(record: EventRecord): Promise<StoredRecord> {
    const offset = this.records.push(record) - 1;
    return this.answer(record, offset);
  }

  template(head: RecordHead): RecordHead & { readonly bytes: number } {
    return { ...head, bytes: 0 };
  }

  /** As if each record had a batch of its own. */
  appendAll({ template, source, bounds, numbers }: RecordRun, settled: Settled): void {
    const { key, headers, numberedBy } = template as ReturnType<FakeRecordLog['template']>;
    for (let index = 0; 2 * index < bounds.length; index++) {
      const value = source.subarray(bounds[2 * index], bounds[2 * index + 1]);
      const number = Buffer.from(String(numbers[index]));
      const all = new Map(numberedBy ? [...headers, [numberedBy, number]] : headers);
      void this.append({ value, headers: all, ...(key && { key }) })
        .catch((reason: unknown) => {
          if (reason instanceof DeliveryError) return reason;
          throw reason;
        })
        .then((outcome) => settled(index, index + 1, outcome));
    }
  }
}
