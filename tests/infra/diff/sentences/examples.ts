import { compareEnvironments } from '../../../../infra/diff/causes/property-changes.ts';
import { showProperty, type CauseProperty } from '../../../../infra/diff/causes/cause.ts';
import { findRule } from '../../../../infra/diff/sentences/sentences.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';
import { environments, type EnvironmentName } from '../../../../infra/environments/environments.ts';
import { readEnvironment } from '../../../../infra/environments/read-environment.ts';
import { changed } from '../../refused/refusal.ts';
import { realChanges } from '../real-changes/real-changes.ts';

interface Example {
  readonly environment: EnvironmentName;
  readonly values: Readonly<Record<string, unknown>>;
  /** Values before, where they are others. */
  readonly from?: Readonly<Record<string, unknown>>;
  /** From these values back to those of the environment. @default false */
  readonly isWayBack?: boolean;
}

const HOSTS = ['a.example.com', 'b.example.com', 'c.example.com'];
const NODE_PORTS = { kind: 'node-port', hosts: HOSTS, firstNodePort: 31_000 };
const LOAD_BALANCERS = { kind: 'load-balancer', hosts: HOSTS, bootstrapHost: 'kafka.example.com' };
const CLICKS = { ...environments.production.topics.events, retention: '1d' };

function production(values: Example['values']): Example {
  return { environment: 'production', values };
}

/** For rules of which no real change is told. */
const MORE: readonly Example[] = [
  production({ 'kafka.metadata.ensemble.transactionLogVolume': '20Gi' }),
  production({ 'kafka.metadata': environments.staging.kafka.metadata }),
  { environment: 'lab', values: { 'kafka.brokers': 1 } },
  production({ 'kafka.resources.memory': '12Gi' }),
  production({ 'kafka.heap': '3Gi' }),
  production({ 'kafka.maxMessage': '2Mi' }),
  production({ 'kafka.security': { protocol: 'plaintext' } }),
  production({ 'kafka.security.authentication': { mechanism: 'none' } }),
  production({ 'kafka.security.certificateSecret': 'kafka-certificate-v2' }),
  production({ 'kafka.exposure': LOAD_BALANCERS, 'network.kafkaClientCidrs': ['10.9.0.0/16'] }),
  production({ 'kafka.exposure': NODE_PORTS }),
  production({ 'kafka.exposure': LOAD_BALANCERS }),
  { ...production({ 'kafka.exposure': NODE_PORTS }), isWayBack: true },
  production({ 'network.kafkaClientCidrs': ['10.9.0.0/16'] }),
  {
    ...production({ 'kafka.exposure': { ...NODE_PORTS, firstNodePort: 32_000 } }),
    from: { 'kafka.exposure': NODE_PORTS },
  },
  production({ 'topics.clicks': CLICKS }),
  production({ 'topics.events': undefined }),
  production({ 'topics.events.retentionPerPartition': '16Gi' }),
  production({ 'topics.events.partitions': 6 }),
  production({ 'topics.events.replicationFactor': 2 }),
  production({ 'topics.events.minInSyncReplicas': 1 }),
  production({ 'producer.replicas.min': 4 }),
  production({ 'consumer.replicas.max': 6 }),
  production({ 'consumer.replicas.min': 3 }),
  production({ 'producer.maxBody': '500Ki' }),
  production({ 'producer.resources.cpuMillicores': 1000 }),
  production({ 'logging.resources.memory': '2Gi' }),
  production({ 'consumer.prefix': 'events-2' }),
  production({ 'consumer.flushMaxAge': '60s' }),
  production({ 'objectStore.bucket': 'headwater-other-events' }),
  production({ 'objectStore.expiryDays': 500 }),
  { environment: 'dev', values: { edge: environments.production.edge } },
  production({ 'network.edgeClientCidrs': ['10.0.0.0/8'] }),
  production({ 'logging.retention': '14d' }),
];

/** The properties of an example, as a cause has them. */
export function propertiesOf({
  environment,
  values,
  from = {},
  isWayBack = false,
}: Example): readonly CauseProperty[] {
  // As JSON has it: what was taken away is not there.
  const after = JSON.parse(JSON.stringify(changed({ environment, changes: values }))) as Tree;
  readEnvironment(after);
  const own = JSON.parse(JSON.stringify(changed({ environment, changes: from }))) as Tree;
  return (isWayBack ? compareEnvironments(after, own) : compareEnvironments(own, after)).map(showProperty);
}

/** What was changed for the sake of each rule, by the rule's name. */
export function sentenceExamples(): ReadonlyMap<string, readonly CauseProperty[]> {
  const real = realChanges.flatMap(({ environment, edit }) =>
    'values' in edit ? [{ environment, values: edit.values }] : [],
  );
  const pairs = [...MORE, ...real].map((example): [string, readonly CauseProperty[]] => {
    const properties = propertiesOf(example);
    return [findRule(properties)?.rule.id ?? '', properties];
  });
  return new Map(pairs);
}
