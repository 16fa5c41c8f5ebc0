import type { RecordsBatch } from '@platformatic/kafka';
import type { ApiName, Reaction } from './apis.ts';
import { ScriptedGroup } from './group.ts';

/** One broker, as far as what it answers depends on it. */
export interface BrokerState {
  readonly cluster: ClusterState;
  /** Its place among the brokers of the cluster. */
  readonly nodeId: number;
  readonly port: number;
  readonly topicId: string | undefined;
}

export interface SentBatch {
  readonly partition: number;
  readonly broker: BrokerState;
  readonly bytes: Buffer;
  readonly batch: RecordsBatch;
}

export type ProduceResponse = { error?: number; offset?: bigint; throttleMs?: number } | Reaction;
export type FetchResponse = { error?: number; throttleMs?: number; log?: Buffer } | Reaction;

/**
 * What all scripted brokers of one test know: one topic, one group, and what the test has them answer. For answers that a
 * real broker gives only in races; what real brokers do is tested with real ones.
 */
export class ClusterState {
  readonly brokers: BrokerState[] = [];
  readonly topic = 'events';
  topicId = '11111111-2222-3333-4444-555555555555';
  /** The leader of each partition, as an index of `brokers`; -1 for none. */
  leaders: number[] = [0];
  epoch = 1;
  /** Where each log ends. */
  logEnds: number[] = [];
  producerIds = 100n;
  /** Other versions than those of {@link APIS}. */
  versions: Partial<Record<ApiName, readonly [number, number]>> = {};
  readonly group = new ScriptedGroup();

  readonly sent: SentBatch[] = [];
  /** In turn; then every batch is stored. */
  readonly script: ProduceResponse[] = [];
  /** In turn; then every fetch brings nothing. */
  readonly fetches: FetchResponse[] = [];
  produce: (batch: SentBatch) => ProduceResponse = () => this.script.shift() ?? {};
  #nextOffset = 0n;

  offsets(records: number): bigint {
    const first = this.#nextOffset;
    this.#nextOffset += BigInt(records);
    return first;
  }
}
