import type { CauseProperty } from '../causes/cause.ts';
import { isMap, type Tree } from '../tree.ts';
import type { SentenceRule } from './sentence-rule.ts';

/** Sentences for brokers, controllers and the ZooKeeper ensemble. */
export const KAFKA_SENTENCES: readonly SentenceRule[] = [
  {
    id: 'brokers-volume-shrunk',
    properties: ['kafka.logVolume'],
    when: 'lowered',
    says: 'the volume of each broker shrinks from {before} to {after}, which Kubernetes refuses for a claim',
  },
  {
    id: 'brokers-volume-grown',
    properties: ['kafka.logVolume'],
    says: 'the volume of each broker grows from {before} to {after}, which the API server refuses for the set: grow its claims first',
  },
  {
    id: 'storage-class',
    properties: ['storageClassName'],
    says: 'every volume has the class {after} instead of {before}, which a claim cannot change: its set must be replaced',
  },
  {
    id: 'ensemble-volume-shrunk',
    properties: ['kafka.metadata.ensemble.dataVolume|transactionLogVolume'],
    when: 'lowered',
    says: 'the {name} of each ZooKeeper server shrinks from {before} to {after}, which Kubernetes refuses for a claim',
  },
  {
    id: 'ensemble-volume-grown',
    properties: ['kafka.metadata.ensemble.dataVolume|transactionLogVolume'],
    says: 'the {name} of each ZooKeeper server grows from {before} to {after}, which the API server refuses for the set: grow its claims first',
  },
  {
    id: 'ensemble-servers',
    properties: ['kafka.metadata.ensemble.servers'],
    says: 'the ZooKeeper ensemble has {after} servers instead of {before}',
  },
  {
    id: 'metadata-mode',
    properties: ['kafka.metadata'],
    says: 'Kafka {after.version} keeps its metadata in mode {after.mode} instead of Kafka {before.version} in mode {before.mode}',
  },
  {
    id: 'broker-session',
    properties: ['kafka.metadata.sessionTimeout'],
    says: 'a broker counts as gone after {after} of silence instead of {before}',
  },
  {
    id: 'brokers-fewer',
    properties: ['kafka.brokers'],
    when: 'lowered',
    says: '{after} brokers run instead of {before}, and data that only the removed brokers hold are lost',
  },
  {
    id: 'brokers-more',
    properties: ['kafka.brokers'],
    says: '{after} brokers run instead of {before}, and a new broker is empty until you move partitions to it',
  },
  {
    id: 'broker-cpu',
    properties: ['kafka.resources.cpuMillicores'],
    says: 'each broker requests {after} of CPU instead of {before}',
  },
  {
    id: 'broker-memory',
    properties: ['kafka.resources.memory'],
    says: 'each broker has {after} of memory instead of {before}, half of it heap unless kafka.heap is set',
  },
  {
    id: 'broker-heap',
    properties: ['kafka.heap'],
    says: 'the heap of each broker is {after} instead of {before}',
  },
  {
    id: 'largest-batch',
    properties: ['kafka.maxMessage'],
    says: 'brokers accept batches of at most {after} instead of {before}',
  },
  {
    id: 'broker-protocol',
    properties: ['kafka.security'],
    says: 'the broker listeners use {after.protocol} instead of {before.protocol}',
  },
  {
    id: 'login-mechanism',
    properties: ['kafka.security.authentication'],
    says: 'clients log in to the brokers with {after.mechanism} instead of {before.mechanism}',
  },
  {
    id: 'login-secret',
    properties: ['kafka.security.authentication.users.*'],
    says: '{name} logs in to the brokers with the Secret {after} instead of {before}',
  },
  {
    id: 'broker-certificate',
    properties: ['kafka.security.certificateSecret'],
    says: 'brokers use the certificate in the Secret {after} instead of {before}',
  },
  {
    id: 'brokers-opened-by-node-ports',
    properties: ['kafka.exposure', 'network.kafkaClientCidrs'],
    when: { becomes: { kind: 'node-port' } },
    says: 'brokers are opened to {2.after} on node ports {firstPort} to {lastPort}',
    values: nodePorts,
  },
  {
    id: 'brokers-opened-by-load-balancers',
    properties: ['kafka.exposure', 'network.kafkaClientCidrs'],
    when: { becomes: { kind: 'load-balancer' } },
    says: 'brokers are opened to {2.after} through load balancers, one for each and one at {after.bootstrapHost}',
  },
  {
    id: 'brokers-on-node-ports',
    properties: ['kafka.exposure'],
    when: { becomes: { kind: 'node-port' } },
    says: 'clients reach brokers on node ports {firstPort} to {lastPort}',
    values: nodePorts,
  },
  {
    id: 'brokers-at-load-balancers',
    properties: ['kafka.exposure'],
    when: { becomes: { kind: 'load-balancer' } },
    says: 'clients reach brokers through load balancers, one for each and one at {after.bootstrapHost}',
  },
  {
    id: 'brokers-closed',
    properties: ['kafka.exposure'],
    when: { becomes: { kind: 'none' } },
    says: 'brokers are closed to clients outside the cluster',
  },
  {
    id: 'node-ports-moved',
    properties: ['kafka.exposure.firstNodePort'],
    says: 'clients reach brokers from node port {after} on instead of {before}',
  },
  {
    id: 'broker-clients',
    properties: ['network.kafkaClientCidrs'],
    says: 'clients may call exposed brokers from {after} instead of {before}',
  },
];

/** The bootstrap Service has the first port, and each broker one of the next. */
function nodePorts([exposure]: readonly CauseProperty[]): Readonly<Record<string, string>> {
  const after: Tree = exposure?.after ?? null;
  const first = isMap(after) ? Number(after['firstNodePort']) : NaN;
  const hosts = isMap(after) && Array.isArray(after['hosts']) ? after['hosts'].length : 0;
  return { firstPort: String(first), lastPort: String(first + hosts) };
}
