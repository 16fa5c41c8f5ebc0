import { DYNAMIC_BROKER_PROPERTIES } from './dynamic-broker-properties.ts';
import type { Rule } from './rule.ts';

const FILES = 'data [server.properties]|[node-*.properties]';
const TOPIC = '** [TOPICS] value *';
const BROKER_CONFIGS = 'https://kafka.apache.org/39/documentation.html#brokerconfigs';
const TOPIC_CONFIGS = 'https://kafka.apache.org/39/documentation.html#topicconfigs';
const OPERATIONS = 'https://kafka.apache.org/39/documentation.html#basic_ops_modify_topic';
const ZOOKEEPER = 'https://zookeeper.apache.org/doc/r3.9.5/zookeeperAdmin.html#sc_configuration';
const SECURITY = 'https://kafka.apache.org/39/documentation.html#security';

/** What Kafka and ZooKeeper do with their files, and the topics' Job with its list. */
export const KAFKA_RULES: readonly Rule[] = [
  {
    id: 'topic-deleted',
    path: TOPIC,
    when: [{ holds: { state: 'absent' } }],
    consequence: 'data-deleted-sooner',
    why: 'the topic is deleted with all its records',
    source: OPERATIONS,
  },
  {
    id: 'topic-absent',
    path: `${TOPIC} state`,
    when: [{ becomes: ['absent'] }],
    consequence: 'data-deleted-sooner',
    why: 'the topic is deleted with all its records',
    source: OPERATIONS,
  },
  {
    id: 'topic-undeclared',
    path: TOPIC,
    when: ['removed'],
    consequence: 'applied-in-place',
    why: 'the topic is no longer declared; Kafka keeps it and its records until deletedTopics names it',
    source: 'infra/constructs/topics.ts',
  },
  {
    id: 'topic-added',
    path: TOPIC,
    when: ['added'],
    consequence: 'capacity',
    why: 'a topic is made; its partitions take disk on every broker that holds a replica',
    source: OPERATIONS,
  },
  {
    id: 'topic-partitions',
    path: `${TOPIC} partitions`,
    when: ['raised'],
    consequence: 'capacity',
    why: 'keys are spread over more partitions: records of one key before and after are in different ones, in no common order',
    source: OPERATIONS,
  },
  {
    id: 'topic-partitions-lowered',
    path: `${TOPIC} partitions`,
    consequence: 'capacity',
    why: 'Kafka cannot take partitions away: the Job fails and changes nothing',
    source: OPERATIONS,
  },
  {
    id: 'topic-replicas',
    path: `${TOPIC} replicationFactor`,
    consequence: 'capacity',
    why: 'the Job refuses it: replicas are moved with kafka-reassign-partitions',
    source: 'https://kafka.apache.org/39/documentation.html#basic_ops_increase_replication_factor',
  },
  {
    id: 'topic-retention-lowered',
    path: `${TOPIC} configs retention.ms|retention.bytes|delete.retention.ms`,
    when: ['lowered'],
    consequence: 'data-deleted-sooner',
    why: 'records older than the new bound are deleted at the next check, within minutes',
    source: TOPIC_CONFIGS,
  },
  {
    id: 'topic-retention-removed',
    path: `${TOPIC} configs retention.ms|retention.bytes|delete.retention.ms`,
    when: ['removed'],
    consequence: 'data-deleted-sooner',
    why: "the brokers' own retention holds from then on, which may be shorter",
    source: TOPIC_CONFIGS,
  },
  {
    id: 'topic-cleanup',
    path: `${TOPIC} configs cleanup.policy`,
    consequence: 'data-deleted-sooner',
    why: 'what the topic keeps is decided anew: by age, or only the last record of each key',
    source: TOPIC_CONFIGS,
  },
  {
    id: 'topic-config',
    path: `${TOPIC} **`,
    consequence: 'applied-in-place',
    why: 'a setting of a topic is dynamic: the Job alters it and no broker restarts',
    source: 'https://kafka.apache.org/39/documentation.html#dynamicbrokerconfigs',
  },
  {
    id: 'broker-retention-lowered',
    kinds: ['ConfigMap'],
    path: `${FILES} log.retention.*|offsets.retention.minutes`,
    when: ['lowered'],
    consequence: 'data-deleted-sooner',
    why: 'every topic without a retention of its own loses what is older than the new bound',
    source: BROKER_CONFIGS,
  },
  {
    id: 'unclean-election',
    kinds: ['ConfigMap'],
    path: `${FILES} unclean.leader.election.enable`,
    when: [{ becomes: ['true'] }],
    consequence: 'data-at-risk',
    why: 'a replica that was behind may become leader, and what it lacks is lost',
    source: BROKER_CONFIGS,
  },
  {
    id: 'broker-identity',
    kinds: ['ConfigMap'],
    path: `${FILES} broker.id|node.id|log.dir|log.dirs|metadata.log.dir|zookeeper.connect|process.roles`,
    consequence: 'data-at-risk',
    why: 'the brokers start as others, or where their records are not: they begin empty or refuse to start',
    source: BROKER_CONFIGS,
  },
  {
    id: 'broker-listeners',
    kinds: ['ConfigMap'],
    path: `${FILES} *listener*|*ssl*|*sasl*|authorizer*|super.users|allow.everyone*|security.*`,
    consequence: 'exposure',
    why: 'who can reach a broker, and how it proves itself, changes',
    source: SECURITY,
  },
  {
    id: 'broker-protocol-version',
    kinds: ['ConfigMap'],
    path: `${FILES} inter.broker.protocol.version|log.message.format.version`,
    consequence: 'version',
    why: 'brokers speak another protocol: a downgrade past it may not be possible',
    source: 'https://kafka.apache.org/39/documentation.html#upgrade',
  },
  {
    id: 'broker-dynamic-restarts',
    kinds: ['ConfigMap'],
    path: `data [server.properties] ${DYNAMIC_BROKER_PROPERTIES.join('|')}`,
    when: ['restarts'],
    consequence: 'rolling-restart',
    why: 'brokers could take this property while they run (kafka-configs --alter), but the hash of the file rolls them',
    source: 'https://kafka.apache.org/39/documentation.html#dynamicbrokerconfigs',
  },
  {
    id: 'broker-dynamic',
    kinds: ['ConfigMap'],
    path: `data [server.properties] ${DYNAMIC_BROKER_PROPERTIES.join('|')}`,
    consequence: 'applied-in-place',
    why: 'brokers take this property while they run',
    source: 'https://kafka.apache.org/39/documentation.html#dynamicbrokerconfigs',
  },
  {
    id: 'zookeeper-directories',
    kinds: ['ConfigMap'],
    path: 'data [zoo.cfg] dataDir|dataLogDir',
    consequence: 'data-at-risk',
    why: 'the servers look for their data where it is not: the ensemble begins empty',
    source: ZOOKEEPER,
  },
  {
    id: 'zookeeper-listeners',
    kinds: ['ConfigMap'],
    path: 'data [zoo.cfg] *clientPort*|*ssl*|4lw.*|admin.*|quorumListenOnAllIPs',
    consequence: 'exposure',
    why: 'who can reach a server, and what it answers, changes',
    source: ZOOKEEPER,
  },
];
