import { filebeatBuffer, filebeatLogging, logstashBuffer } from '../log-settings.ts';
import type { Refusal } from './refusal.ts';

/** What the log collectors and their buffer refuse. */
export const loggingRefusals: readonly Refusal[] = [
  {
    configuration: 'A search cluster’s password in its URL (not repeated)',
    changes: { 'logging.search.endpoint': 'https://elastic:changeme@search.example.com' },
    message:
      'logging.search.endpoint: must be a URL without credentials: they belong in a Secret, got "https://…@search.example.com"',
  },
  {
    configuration: 'A path in the search cluster’s URL',
    changes: { 'logging.search.endpoint': 'https://search.example.com/es/prefix' },
    message:
      'logging.search.endpoint: must be a URL with only a host and a port, without path or query, got "https://search.example.com/es/prefix"',
  },
  {
    configuration: 'A log buffer on a node that is no room for a chunk of each container',
    environment: 'staging',
    changes: { 'logging.buffer.volume': '64Mi' },
    message:
      'fluentd: buffer.volume must be at least 256 MiB, got 64 MiB: each container has its own chunk of up to 1 MiB',
  },
  {
    configuration: 'Logs that go before their day is over',
    changes: { 'logging.retention': '12h' },
    message:
      'logging.retention: must be at least 1d: an index holds one day, and would be deleted while it is written, got "12h"',
  },
  {
    configuration: 'Consumer threads that do not divide a lane',
    changes: {
      logging: filebeatLogging(logstashBuffer),
      'logging.kafkaBuffer.lanes.high.replicas': 4,
    },
    message:
      "log-indexer-high: replicas must be a divisor of the lane's partitions (6), got 4: consumer threads are partitions ÷ replicas, and a thread without a partition of its own would be idle",
  },
  {
    configuration: 'A queue of Logstash below its pages',
    changes: {
      logging: filebeatLogging(logstashBuffer),
      'logging.kafkaBuffer.queueVolume': '256Mi',
    },
    message:
      'log-indexer-high: queueVolume must be at least 1024 MiB, got 256 MiB: Logstash writes its queue in pages of 64 MiB',
  },
  {
    configuration: 'A setting of the other program that reads the log buffer',
    changes: {
      logging: filebeatLogging(filebeatBuffer),
      'logging.kafkaBuffer.codec': 'plain',
    },
    message: 'logging.kafkaBuffer.codec: unknown key',
  },
  {
    configuration: 'A log buffer in Kafka with a collector that cannot write to it',
    changes: { 'logging.kafkaBuffer': filebeatBuffer },
    message: 'logging.kafkaBuffer: unknown key',
  },
  {
    configuration: 'A log buffer in a Kafka that does not take the longest record',
    changes: {
      logging: filebeatLogging(filebeatBuffer),
      'kafka.maxMessage': '512Ki',
      'producer.maxBody': '400Ki',
    },
    message:
      'environment: kafka.maxMessage must be at least 896Ki where logging.kafkaBuffer is set, got 512Ki: Filebeat drops a record of a log that the brokers do not take',
  },
  {
    configuration: 'A search cluster without TLS where strict',
    changes: { 'logging.search.endpoint': 'http://search.example.com' },
    message:
      'environment: logging.search.endpoint must be an https URL if strict is true, got http://search.example.com',
  },
  {
    configuration: 'A product that the collector refuses',
    environment: 'staging',
    changes: { logging: filebeatLogging(), 'logging.search.product': 'opensearch' },
    message:
      'filebeat: search.product must be elasticsearch, got opensearch: Filebeat after 7.12 refuses OpenSearch, Fluentd and Logstash have plugins for it',
  },
];
