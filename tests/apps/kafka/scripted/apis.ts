import assert from 'node:assert/strict';
import { protocolErrors } from '@platformatic/kafka';

/** An error of the protocol by its name; its code. */
export function codeOf(name: string): number {
  const found = Object.values(protocolErrors).find(({ id }) => id === name);
  assert.ok(found, name);
  return found.code;
}

/** What a broker does with a request: answers it, says nothing, or ends the connection. */
export type Reaction = 'silent' | 'hang up';

/** Requests that can be sent, with the versions that a broker says it speaks. */
export const APIS = {
  produce: { key: 0, versions: [0, 11] },
  fetch: { key: 1, versions: [0, 13] },
  listOffsets: { key: 2, versions: [0, 7] },
  metadata: { key: 3, versions: [0, 12] },
  offsetCommit: { key: 8, versions: [0, 8] },
  offsetFetch: { key: 9, versions: [0, 8] },
  findCoordinator: { key: 10, versions: [0, 4] },
  joinGroup: { key: 11, versions: [0, 9] },
  heartbeat: { key: 12, versions: [0, 4] },
  leaveGroup: { key: 13, versions: [0, 5] },
  syncGroup: { key: 14, versions: [0, 5] },
  apiVersions: { key: 18, versions: [0, 3] },
  initProducerId: { key: 22, versions: [0, 5] },
} as const;

export type ApiName = keyof typeof APIS;
