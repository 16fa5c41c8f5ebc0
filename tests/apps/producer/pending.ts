import { EncodedTemplate } from '../../../apps/kafka/records/encoded-template.ts';
import type { Pending } from '../../../apps/producer/delivery/queue.ts';
import type { EventRecord } from '../../../apps/producer/delivery/record-log.ts';

/** A record on its way of which nobody wants to know what becomes of it. */
export function pendingOf({ key, value, headers }: EventRecord, timestamp: number): Pending {
  const run = {
    template: new EncodedTemplate(key, headers),
    source: value,
    bounds: [0, value.length],
    numbers: [],
  };
  return { run, timestamp, arrival: 0, deadline: 0, settle: () => undefined };
}
