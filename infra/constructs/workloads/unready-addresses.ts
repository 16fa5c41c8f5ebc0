import { ApiObject, JsonPatch } from 'cdk8s';
import type { Service } from 'cdk8s-plus-27';

/**
 * Lets a Service lead to pods that are not ready. A broker that catches up is still the leader of what it leads, and knows
 * the others: its clients must reach it, and where all are behind, those that begin must find one.
 */
export function publishUnreadyAddresses(service: Service): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/publishNotReadyAddresses', true));
}
