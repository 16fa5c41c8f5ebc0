import type { Refusal } from './refusal.ts';

/** What the edge, the producer, the consumer and the object store refuse. */
export const collectionRefusals: readonly Refusal[] = [
  {
    configuration: 'A key that nothing resembles',
    changes: { 'producer.vegetables': 3 },
    message: 'producer.vegetables: unknown key',
  },
  {
    configuration: 'A required key left out',
    changes: { 'producer.maxBody': undefined },
    message: 'producer.maxBody: must be a whole number and Ki, Mi or Gi, such as 900Ki, got nothing',
  },
  {
    configuration: 'Replicas: negative',
    changes: { 'consumer.replicas.min': -1 },
    message: 'consumer.replicas.min: must be at least 1, got -1',
  },
  {
    configuration: 'A body limit above the brokers’ own',
    changes: { 'producer.maxBody': '1Mi' },
    message:
      'environment: producer.maxBody must be at most kafka.maxMessage (1Mi) less 32768 bytes of overhead, got 1Mi: the edge and the producer would accept bodies that the brokers refuse',
  },
  {
    configuration: 'A batch above the brokers’ limit',
    changes: { 'producer.batchMax': '2Mi' },
    message:
      "environment: producer.batchMax must be at most kafka.maxMessage (1Mi), got 2Mi: the brokers' limit is for a batch, not for one record",
  },
  {
    configuration: 'A producer queue above its memory',
    changes: { 'producer.queueMax': '1Gi' },
    message:
      'environment: producer.queueMax must be at most a fifth of producer.resources.memory (512Mi) less 100663296 bytes of the runtime, got 1Gi: the kernel would kill a pod with a full queue',
  },
  {
    configuration: 'A drain shorter than a delivery',
    changes: { 'producer.shutdownDeadline': '10s' },
    message:
      'environment: producer.shutdownDeadline must be more than 38s: 8s until the edge has forgotten the pod, and producer.deliveryTimeout (30s), got 10s: a request that the producer accepted while it drains would get no response',
  },
  {
    configuration: 'A flush larger than the consumer’s memory',
    changes: { 'consumer.flushMax': '1Gi' },
    message:
      'environment: consumer.flushMax must be at most consumer.maxBuffered (128Mi), got 1Gi: no object would ever reach that size',
  },
  {
    configuration: 'A flush of no records',
    changes: { 'consumer.flushMaxRecords': 0 },
    message: 'consumer.flushMaxRecords: must be at least 1, got 0',
  },
  {
    configuration: 'A flush interval of nothing',
    changes: { 'consumer.flushMaxAge': '0s' },
    message: 'consumer.flushMaxAge: must be a whole number and ms, s, m, h or d, such as 30s, got "0s"',
  },
  {
    configuration: 'A prefix that continues itself',
    changes: { 'consumer.continues': 'events' },
    message:
      'environment: consumer.continues must be another prefix than consumer.prefix (events), got events: a chain cannot continue itself: another codec or delivery needs a new prefix',
  },
  {
    configuration: 'A prefix that continues another where links may overlap',
    changes: {
      'consumer.prefix': 'events-2',
      'consumer.continues': 'events',
      'consumer.delivery': 'at-least-once',
    },
    message:
      'environment: consumer.continues must be left out if consumer.delivery is at-least-once, got events: a store without conditional writes cannot close the old chains: records that the old pods store during the rollout would be in both prefixes',
  },
  {
    configuration: 'A prefix with an empty part',
    changes: { 'consumer.prefix': 'events//zstd' },
    message:
      'consumer.prefix: must be a path of a-z, 0-9, - and / without / at either end or two of them together, got "events//zstd"',
  },
  {
    configuration: 'Objects that expire before their records',
    changes: { 'objectStore.expiryDays': 7 },
    message:
      'environment: objectStore.expiryDays must be more than topics.events.retention (7d), got 7: the chain of objects is the position in Kafka: if its end has expired, events are stored again',
  },
  {
    configuration: 'An object store without scheme',
    changes: { 'objectStore.endpoint': 's3.example.com' },
    message:
      'objectStore.endpoint: must be a URL with its scheme, such as https://search.example.com:9200, got "s3.example.com"',
  },
  {
    configuration: 'An object store without TLS where strict',
    changes: { 'objectStore.endpoint': 'http://s3.example.com' },
    message:
      'environment: objectStore.endpoint must be an https URL if strict is true, got http://s3.example.com',
  },
  {
    configuration: 'A REST bridge that nobody may call',
    changes: {
      restBridge: {
        replicas: 1,
        resources: { cpuMillicores: 100, memory: '512Mi' },
        clients: { namespaces: [], cidrs: [] },
      },
    },
    message:
      'restBridge.clients: must be at least one namespace or block of addresses: no client could call it, got {"namespaces":[],"cidrs":[]}',
  },
  {
    configuration: 'A bucket name that S3 refuses',
    changes: { 'objectStore.bucket': 'Events_Bucket' },
    message:
      'objectStore.bucket: must be a valid S3 bucket name: 3 to 63 of a-z, 0-9, . and -, no two dots in a row, no IP address, no prefix or suffix that S3 reserves, got "Events_Bucket"',
  },
  {
    configuration: 'A bucket name with two dots in a row',
    changes: { 'objectStore.bucket': 'a..b' },
    message:
      'objectStore.bucket: must be a valid S3 bucket name: 3 to 63 of a-z, 0-9, . and -, no two dots in a row, no IP address, no prefix or suffix that S3 reserves, got "a..b"',
  },
  {
    configuration: 'A bucket name that is an address',
    changes: { 'objectStore.bucket': '192.168.1.1' },
    message:
      'objectStore.bucket: must be a valid S3 bucket name: 3 to 63 of a-z, 0-9, . and -, no two dots in a row, no IP address, no prefix or suffix that S3 reserves, got "192.168.1.1"',
  },
  {
    configuration: 'A bucket name with dots as a host name behind TLS',
    changes: { 'objectStore.bucket': 'my.bucket' },
    message:
      'environment: objectStore.bucket must be a name without dots if objectStore.endpoint is https and objectStore.pathStyle false, got my.bucket: a certificate for *.host covers only one label before the host',
  },
  {
    configuration: 'A wildcard as the edge’s host',
    changes: { 'edge.host': '*.example.com' },
    message:
      'edge.host: must be a full host name in lower case without wildcard, such as collect.example.com, got "*.example.com"',
  },
  {
    configuration: 'An edge without host',
    changes: { 'edge.host': '' },
    message:
      'edge.host: must be a full host name in lower case without wildcard, such as collect.example.com, got ""',
  },
  {
    configuration: 'An edge without certificate',
    changes: { 'edge.tlsSecret': undefined },
    message: 'edge.tlsSecret: must be text, got nothing',
  },
  {
    configuration: 'More consumers than partitions',
    changes: { 'consumer.replicas.max': 13 },
    message:
      'consumer: replicas.max must be at most the partitions of events (12), got 13: a partition has one reader, and every further pod would be idle',
  },
  {
    configuration: 'A session timeout that the brokers refuse',
    changes: { 'consumer.sessionTimeout': '1s' },
    message: 'consumer.sessionTimeout: must be from 6s to 30m, the range that the brokers accept, got "1s"',
  },
  {
    configuration: 'An autoscaler whose bounds cross',
    changes: { 'producer.replicas': { min: 5, max: 2 } },
    message: 'producer: replicas.max must be a whole number of at least 5, got 2',
  },
  {
    configuration: 'No source',
    changes: { sources: {} },
    message: 'sources: must be at least one source, got {}',
  },
  {
    configuration: 'A source that is open without a reason',
    changes: { 'sources.events': { who: 'open' } },
    message: 'sources.events.reason: must be text, got nothing',
  },
  {
    configuration: 'A source that says nobody may send',
    changes: { 'sources.events': {} },
    message: 'sources.events.who: must be one of keys, open, got nothing',
  },
  {
    configuration: 'Two open sources',
    changes: {
      sources: { page: { who: 'open', reason: 'a' }, app: { who: 'open', reason: 'b' } },
    },
    message:
      'sources: must be sources of which at most one is open: a request without a key would belong to none, got {"page":{"who":"open","reason":"a"},"app":{"who":"open","reason":"b"}}',
  },
  {
    configuration: 'Two sources with the same keys',
    changes: {
      sources: { web: { who: 'keys', secret: 'source-v1' }, app: { who: 'keys', secret: 'source-v1' } },
    },
    message:
      'sources: must be sources with a Secret each: a key belongs to one source, got {"web":{"who":"keys","secret":"source-v1"},"app":{"who":"keys","secret":"source-v1"}}',
  },
  {
    configuration: 'Limits without a rate',
    changes: { 'sources.events.limits': { burst: '10s' } },
    message:
      'sources.events.limits: must be at least one of requestsPerSecond, eventsPerSecond and bytesPerSecond, got {"burst":"10s"}',
  },
  {
    configuration: 'A rate of nothing',
    changes: { 'sources.events.limits': { eventsPerSecond: 0, burst: '10s' } },
    message: 'sources.events.limits.eventsPerSecond: must be at least 1, got 0',
  },
];
