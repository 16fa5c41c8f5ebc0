import { logBuffer } from '../log-buffer.ts';
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
    configuration: 'A log buffer above its volume',
    environment: 'staging',
    changes: { 'logging.buffer.chunk': '64Mi' },
    message:
      'fluentd: buffer.chunks must be at most buffer.volume ÷ buffer.chunk (4096 MiB ÷ 64 MiB), got 256: the buffer would fill the disk of its node before it stops reading',
  },
  {
    configuration: 'Consumer threads that do not divide a lane',
    changes: {
      'logging.collector': 'filebeat',
      'logging.kafkaBuffer': logBuffer,
      'logging.kafkaBuffer.lanes.high.replicas': 4,
    },
    message:
      "log-indexer-high: replicas must be a divisor of the lane's partitions (6), got 4: consumer threads are partitions ÷ replicas, and a thread without a partition of its own would be idle",
  },
  {
    configuration: 'A log buffer in Kafka with a collector that cannot write to it',
    changes: { 'logging.kafkaBuffer': logBuffer },
    message:
      "environment: logging.collector must be filebeat where logging.kafkaBuffer is set, got fluentd: Fluentd's image for a search cluster has no output for Kafka",
  },
  {
    configuration: 'A search cluster without TLS where strict',
    changes: { 'logging.search.endpoint': 'http://search.example.com' },
    message:
      'environment: logging.search.endpoint must be an https URL where strict is true, got http://search.example.com',
  },
  {
    configuration: 'A product that the collector refuses',
    environment: 'staging',
    changes: { 'logging.collector': 'filebeat', 'logging.search.product': 'opensearch' },
    message:
      'filebeat: search.product must be elasticsearch, got opensearch: Filebeat after 7.12 refuses OpenSearch, Fluentd and Logstash have plugins for it',
  },
];
