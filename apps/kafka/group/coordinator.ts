import { findCoordinatorV4, FindCoordinatorKeyTypes } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import { codes, KafkaError, NONE } from '../errors.ts';

const MOVED: ReadonlySet<number> = new Set([
  codes.coordinatorLoadInProgress,
  codes.coordinatorNotAvailable,
  codes.notCoordinator,
]);

/** Finds the coordinator of the group. */
export class Coordinator {
  readonly groupId: string;
  readonly #brokers: Brokers;
  #nodeId: number | undefined;

  constructor(groupId: string, brokers: Brokers) {
    this.groupId = groupId;
    this.#brokers = brokers;
  }

  /** Sends a request to the coordinator. After an error the next request finds the coordinator again. */
  async ask<Response>(request: (nodeId: number) => Promise<Response>): Promise<Response> {
    const nodeId = (this.#nodeId ??= await this.#find());
    try {
      return await request(nodeId);
    } catch (error) {
      const answered = error instanceof KafkaError && !MOVED.has(error.code);
      if (!answered && this.#nodeId === nodeId) this.#nodeId = undefined;
      throw error;
    }
  }

  async #find(): Promise<number> {
    const { GROUP } = FindCoordinatorKeyTypes;
    const found = await this.#brokers.askAny(
      findCoordinatorV4.api,
      [GROUP, [this.groupId]],
      (response) => response,
    );
    const coordinator = found.coordinators[0];
    const errorCode = coordinator?.errorCode ?? -1;
    if (coordinator === undefined || errorCode !== NONE) throw new KafkaError('find coordinator', errorCode);
    return coordinator.nodeId;
  }
}
