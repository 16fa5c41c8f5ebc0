import type { SentenceRule } from './sentence-rule.ts';

/** Sentences for the edge, producers, consumers, the object store and logs. */
export const COLLECTION_SENTENCES: readonly SentenceRule[] = [
  {
    id: 'producers-at-most',
    properties: ['producer.replicas.max'],
    says: 'at most {after} producers run instead of {before}',
  },
  {
    id: 'producers-at-least',
    properties: ['producer.replicas.min'],
    says: 'at least {after} producers run instead of {before}',
  },
  {
    id: 'consumers-at-most',
    properties: ['consumer.replicas.max'],
    says: 'at most {after} consumers run instead of {before}',
  },
  {
    id: 'consumers-at-least',
    properties: ['consumer.replicas.min'],
    says: 'at least {after} consumers run instead of {before}',
  },
  {
    id: 'producer-linger',
    properties: ['producer.linger'],
    says: 'producers wait {after} for a batch to fill instead of {before}',
  },
  {
    id: 'largest-upload',
    properties: ['producer.maxBody'],
    says: 'an upload may have at most {after} instead of {before}',
  },
  {
    id: 'pod-cpu',
    properties: ['producer|logging|restBridge|kafkaUi.resources.cpuMillicores'],
    says: 'each pod of {name} requests {after} of CPU instead of {before}',
  },
  {
    id: 'pod-memory',
    properties: ['producer|logging|restBridge|kafkaUi.resources.memory'],
    says: 'each pod of {name} has {after} of memory instead of {before}',
  },
  {
    id: 'consumer-prefix',
    properties: ['consumer.prefix'],
    says: 'objects are written below {after} instead of {before}, where no chain continues',
  },
  {
    id: 'flush-age',
    properties: ['consumer.flushMaxAge'],
    says: 'an event waits at most {after} for its object instead of {before}',
  },
  {
    id: 'bucket',
    properties: ['objectStore.bucket'],
    says: 'objects are written to the bucket {after} instead of {before}, which is no longer managed',
  },
  {
    id: 'expiry-shortened',
    properties: ['objectStore.expiryDays'],
    when: 'lowered',
    says: 'stored objects expire after {after} instead of {before}, and older ones are deleted within days',
  },
  {
    id: 'expiry-lengthened',
    properties: ['objectStore.expiryDays'],
    says: 'stored objects expire after {after} instead of {before}',
  },
  {
    id: 'edge-host',
    properties: ['edge.host'],
    says: 'events are accepted at {after} instead of {before}',
  },
  {
    id: 'edge-service',
    properties: ['edge.controller.service'],
    says: 'clients reach the edge controller through a {after} instead of a {before}',
  },
  {
    id: 'edge-controller-gone',
    properties: ['edge.controller'],
    when: 'removed',
    says: 'the edge no longer installs its own controller',
  },
  {
    id: 'edge-kind',
    properties: ['edge'],
    says: 'the edge has the kind {after.kind} instead of {before.kind}, at {after.host}',
  },
  {
    id: 'edge-clients',
    properties: ['network.edgeClientCidrs'],
    says: 'clients may call the edge from {after} instead of {before}',
  },
  {
    id: 'addresses-called',
    properties: ['network.objectStoreCidrs|searchCidrs|apiServerCidrs'],
    says: 'pods may call {after} instead of {before} ({name})',
  },
  {
    id: 'logs-kept',
    properties: ['logging.retention'],
    says: 'logs are deleted at the age of {after} instead of {before}',
  },
  {
    id: 'logs-flushed',
    properties: ['logging.buffer.flushInterval'],
    says: 'collectors send logs every {after} instead of {before}',
  },
  {
    id: 'monitoring',
    properties: ['monitoring'],
    says: 'metrics and alerts are for {after.kind} instead of {before.kind}',
  },
];
