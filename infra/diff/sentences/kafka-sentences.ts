import type { CauseProperty } from '../causes/cause.ts';
import { isMap, type Tree } from '../tree.ts';
import type { SentenceRule } from './sentence-rule.ts';

/** Brokers, and what keeps their metadata. */
export const KAFKA_SENTENCES: readonly SentenceRule[] = [
  {
    id: 'brokers-volume-shrunk',
    properties: ['kafka.logVolume'],
    when: 'lowered',
    says: 'the volume of each broker shrinks from {before} to {after}, which no claim can',
  },
  {
    id: 'brokers-volume-grown',
    properties: ['kafka.logVolume'],
    says: 'the volume of each broker grows from {before} to {after}, which the set refuses until its claims have grown',
  },
  {
    id: 'storage-class',
    properties: ['storageClassName'],
    says: 'every volume is of the class {after} instead of {before}, which no claim takes: its set can only be replaced',
  },
  {
    id: 'ensemble-volume-shrunk',
    properties: ['kafka.metadata.ensemble.dataVolume|transactionLogVolume'],
    when: 'lowered',
    says: 'the {name} of each ZooKeeper server shrinks from {before} to {after}, which no claim can',
  },
  {
    id: 'ensemble-volume-grown',
    properties: ['kafka.metadata.ensemble.dataVolume|transactionLogVolume'],
    says: 'the {name} of each ZooKeeper server grows from {before} to {after}, which the set refuses until its claims have grown',
  },
  {
    id: 'ensemble-servers',
    properties: ['kafka.metadata.ensemble.servers'],
    says: 'the ensemble of ZooKeeper has {after} servers instead of {before}',
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
    says: '{after} brokers run instead of {before}, and what only the last of them hold goes with them',
  },
  {
    id: 'brokers-more',
    properties: ['kafka.brokers'],
    says: '{after} brokers run instead of {before}, and a new one keeps nothing until partitions are moved to it',
  },
  {
    id: 'broker-cpu',
    properties: ['kafka.resources.cpuMillicores'],
    says: 'each broker asks for {after} of CPU instead of {before}',
  },
  {
    id: 'broker-memory',
    properties: ['kafka.resources.memory'],
    says: 'each broker has {after} of memory instead of {before}, half of it heap unless kafka.heap says otherwise',
  },
  {
    id: 'broker-heap',
    properties: ['kafka.heap'],
    says: 'the heap of each broker is {after} instead of {before}',
  },
  {
    id: 'largest-batch',
    properties: ['kafka.maxMessage'],
    says: 'brokers take batches of at most {after} instead of {before}',
  },
  {
    id: 'broker-protocol',
    properties: ['kafka.security'],
    says: 'the listeners of the brokers speak {after.protocol} instead of {before.protocol}',
  },
  {
    id: 'login-mechanism',
    properties: ['kafka.security.authentication'],
    says: 'clients of the brokers log in by {after.mechanism} instead of {before.mechanism}',
  },
  {
    id: 'login-secret',
    properties: ['kafka.security.authentication.users.*'],
    says: '{name} logs in to the brokers with the Secret {after} instead of {before}',
  },
  {
    id: 'broker-certificate',
    properties: ['kafka.security.certificateSecret'],
    says: 'brokers show the certificate of the Secret {after} instead of {before}',
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
    says: 'brokers are opened to {2.after} by load balancers, one for each and one at {after.bootstrapHost}',
  },
  {
    id: 'brokers-on-node-ports',
    properties: ['kafka.exposure'],
    when: { becomes: { kind: 'node-port' } },
    says: 'brokers are reached on node ports {firstPort} to {lastPort}',
    values: nodePorts,
  },
  {
    id: 'brokers-at-load-balancers',
    properties: ['kafka.exposure'],
    when: { becomes: { kind: 'load-balancer' } },
    says: 'brokers are reached by load balancers, one for each and one at {after.bootstrapHost}',
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
    says: 'brokers are reached from node port {after} on instead of {before}',
  },
  {
    id: 'broker-clients',
    properties: ['network.kafkaClientCidrs'],
    says: 'exposed brokers may be called from {after} instead of {before}',
  },
];

/** The bootstrap Service has the first port, and each broker one more. */
function nodePorts([exposure]: readonly CauseProperty[]): Readonly<Record<string, string>> {
  const after: Tree = exposure?.after ?? null;
  const first = isMap(after) ? Number(after['firstNodePort']) : NaN;
  const hosts = isMap(after) && Array.isArray(after['hosts']) ? after['hosts'].length : 0;
  return { firstPort: String(first), lastPort: String(first + hosts) };
}
