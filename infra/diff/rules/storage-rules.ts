import type { Rule } from './rule.ts';

const STATEFUL_SET =
  'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ and pkg/apis/apps/validation of kubernetes/kubernetes';
const VOLUMES = 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/';

const BROKERS = { labels: { 'app.kubernetes.io/name': 'kafka', 'app.kubernetes.io/component': 'broker' } };

/** Rules for volumes, and for data that only some pods have. */
export const STORAGE_RULES: readonly Rule[] = [
  {
    id: 'claim-gone',
    kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
    path: '',
    when: ['removed'],
    consequence: 'data-at-risk',
    why: 'the claim is deleted, and with most storage classes the volume with it',
    source: VOLUMES,
  },
  {
    id: 'set-gone',
    kinds: ['StatefulSet'],
    path: '',
    when: ['removed'],
    consequence: 'data-at-risk',
    why: 'the set is deleted; persistentVolumeClaimRetentionPolicy decides whether its claims stay',
    source: STATEFUL_SET,
  },
  {
    id: 'set-renamed',
    kinds: ['StatefulSet'],
    path: 'metadata name|namespace',
    consequence: 'data-at-risk',
    why: 'claims contain the name of their set: the new set starts with empty volumes',
    source: STATEFUL_SET,
  },
  {
    id: 'namespace-gone',
    kinds: ['Namespace'],
    path: '',
    when: ['removed'],
    consequence: 'data-at-risk',
    why: 'everything in the namespace is deleted, including claims',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
  },
  {
    id: 'claim-template-grown',
    kinds: ['StatefulSet'],
    path: 'spec volumeClaimTemplates * spec resources requests storage',
    when: ['raised'],
    consequence: 'capacity',
    why: 'volumes grow; the API server refuses a change of the template: run npx headwater grow-volume --stack NAME, then npm run deploy (docs/pulumi.md); no pod restarts',
    source: STATEFUL_SET,
  },
  {
    id: 'claim-template',
    kinds: ['StatefulSet'],
    path: 'spec volumeClaimTemplates **',
    consequence: 'data-at-risk',
    why: 'claim templates are immutable: the set must be replaced, and a claim cannot shrink or change its class',
    source: STATEFUL_SET,
  },
  {
    id: 'set-immutable',
    kinds: ['StatefulSet'],
    path: 'spec serviceName|podManagementPolicy|selector **',
    consequence: 'data-at-risk',
    why: 'the field is immutable: the set must be replaced, all pods at once',
    source: STATEFUL_SET,
  },
  {
    id: 'claims-deleted',
    kinds: ['StatefulSet'],
    path: 'spec persistentVolumeClaimRetentionPolicy **',
    when: [{ becomes: ['Delete'] }],
    consequence: 'data-at-risk',
    why: 'claims are deleted with the set, or with the pods that scaling down removes',
    source: STATEFUL_SET,
  },
  {
    id: 'brokers-removed',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['lowered', BROKERS],
    consequence: 'data-at-risk',
    why: 'the last brokers leave with the data that only they hold, and other partitions lose replicas: first move their replicas to the remaining brokers',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_decommissioning_brokers',
  },
  {
    id: 'brokers-added',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['raised', BROKERS],
    consequence: 'capacity',
    why: 'a new broker is empty until you move partitions to it: Kafka places only new topics on it, and the others stay as full as they are',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_cluster_expansion',
  },
  {
    id: 'set-scaled-down',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['lowered', 'has claims'],
    consequence: 'data-at-risk',
    why: 'the last pods leave with data that only they hold: first move their replicas',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_decommissioning_brokers',
  },
];
