import type { Rule } from './rule.ts';

const STATEFUL_SET =
  'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ and pkg/apis/apps/validation of kubernetes/kubernetes';
const VOLUMES = 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/';

const BROKERS = { labels: { 'app.kubernetes.io/name': 'kafka', 'app.kubernetes.io/component': 'broker' } };

/** What becomes of volumes, and of the data that only some pods hold. */
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
    why: 'the set is deleted; whether its claims stay is for persistentVolumeClaimRetentionPolicy to say',
    source: STATEFUL_SET,
  },
  {
    id: 'set-renamed',
    kinds: ['StatefulSet'],
    path: 'metadata name|namespace',
    consequence: 'data-at-risk',
    why: 'claims carry the name of their set: the new one starts with empty volumes',
    source: STATEFUL_SET,
  },
  {
    id: 'namespace-gone',
    kinds: ['Namespace'],
    path: '',
    when: ['removed'],
    consequence: 'data-at-risk',
    why: 'everything in the namespace is deleted, claims too',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
  },
  {
    id: 'claim-template-grown',
    kinds: ['StatefulSet'],
    path: 'spec volumeClaimTemplates * spec resources requests storage',
    when: ['raised'],
    consequence: 'capacity',
    why: 'volumes grow; the API server refuses the template in place: npx headwater grow-volume --stack NAME, then npm run deploy (docs/pulumi.md), and no pod restarts',
    source: STATEFUL_SET,
  },
  {
    id: 'claim-template',
    kinds: ['StatefulSet'],
    path: 'spec volumeClaimTemplates **',
    consequence: 'data-at-risk',
    why: 'claim templates are immutable: the set can only be replaced, and a claim never shrinks or changes its class',
    source: STATEFUL_SET,
  },
  {
    id: 'set-immutable',
    kinds: ['StatefulSet'],
    path: 'spec serviceName|podManagementPolicy|selector **',
    consequence: 'data-at-risk',
    why: 'the field is immutable: the set can only be replaced, all pods at once',
    source: STATEFUL_SET,
  },
  {
    id: 'claims-deleted',
    kinds: ['StatefulSet'],
    path: 'spec persistentVolumeClaimRetentionPolicy **',
    when: [{ becomes: ['Delete'] }],
    consequence: 'data-at-risk',
    why: 'claims are deleted with the set, or with the pods that scaling down takes away',
    source: STATEFUL_SET,
  },
  {
    id: 'brokers-removed',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['lowered', BROKERS],
    consequence: 'data-at-risk',
    why: 'the last brokers go with what only they hold, and other partitions are left with fewer replicas: move theirs to the brokers that stay first',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_decommissioning_brokers',
  },
  {
    id: 'brokers-added',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['raised', BROKERS],
    consequence: 'capacity',
    why: 'a new broker keeps nothing until partitions are moved to it: Kafka gives it those of new topics only, and the others stay as full as they are',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_cluster_expansion',
  },
  {
    id: 'set-scaled-down',
    kinds: ['StatefulSet'],
    path: 'spec replicas',
    when: ['lowered', 'has claims'],
    consequence: 'data-at-risk',
    why: 'the last pods go with what only they hold: move their replicas away first',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_decommissioning_brokers',
  },
];
