import { ApiObject, JsonPatch } from 'cdk8s';
import type { Service } from 'cdk8s-plus-27';

/**
 * Lets a Service include pods that are not ready. A broker that catches up still leads its partitions and knows the
 * other brokers. Clients must reach it, and find a bootstrap broker even if all of them catch up.
 */
export function publishUnreadyAddresses(service: Service): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/publishNotReadyAddresses', true));
}
