import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../infra/environments/environment.ts';
import { lab } from '../../infra/environments/lab.ts';
import { production } from '../../infra/environments/production.ts';
import { replacePlaces } from './places.ts';

interface Reason {
  readonly why: string;
  /** Properties, or what is above them. */
  readonly properties: readonly string[];
}

const REASONS: readonly Reason[] = [
  {
    why: 'sizes: two cores, and volumes in a directory',
    properties: [
      'quotas',
      'kafka.metadata.ensemble',
      'kafka.resources',
      'kafka.logVolume',
      'topics.events',
      'producer.replicas',
      'producer.resources',
      'producer.queueMax',
      'consumer.replicas',
      'consumer.cpuMillicores',
      'consumer.maxBuffered',
      'logging.resources',
      'logging.maxNodes',
      'logging.retention',
    ],
  },
  {
    why: 'names and addresses',
    properties: [
      'name',
      'edge.host',
      'objectStore.endpoint',
      'objectStore.bucket',
      'objectStore.region',
      'objectStore.pathStyle',
      'logging.search.endpoint',
      'network',
    ],
  },
  {
    why: 'one node, without zones, with one storage class',
    properties: ['spread', 'kafka.rack', 'storageClassName'],
  },
  {
    why: 'tests wait for it',
    properties: ['kafka.metadata.sessionTimeout', 'consumer.flushMaxAge', 'consumer.sessionTimeout'],
  },
  { why: 'the lab is destroyed with its data', properties: ['strict', 'objectStore.expiryDays'] },
  { why: 'the load of the tests sends no key', properties: ['sources'] },
  { why: 'no cloud', properties: ['aws', 'objectStore.credentials'] },
  {
    why: 'Traefik is the edge; the HTTPRoutes of production have run behind no Gateway',
    properties: [
      'edge.kind',
      'edge.gatewayClassName',
      'edge.dataPlaneNamespace',
      'edge.implementation',
      'edge.ingressClassName',
      'edge.requestsPerSecondPerAddress',
    ],
  },
  {
    why: "Fluentd's program is in no registry that the lab uses; the search cluster is OpenSearch, without TLS",
    properties: ['logging.collector', 'logging.buffer', 'logging.readsJournald', 'logging.search.caSecret'],
  },
  { why: "Prometheus' operator is not installed", properties: ['monitoring'] },
];

/** `docs/lab.md` with how environment `lab` differs from `production`; the rest is written by hand. */
export function renderLabPage(root: string): string {
  return replacePlaces('docs/lab.md', readFileSync(join(root, 'docs/lab.md'), 'utf8'), {
    'differences from production': renderDifferences(production, lab),
  });
}

/**
 * @throws Error where two environments differ in a property without a reason, or a reason is for properties that do not
 *   differ
 */
export function renderDifferences(
  one: Environment,
  other: Environment,
  reasons: readonly Reason[] = REASONS,
): string {
  const different = differences(one, other);
  const given = reasons.flatMap(({ properties }) => properties);
  const unexplained = different.filter((path) => !given.some((property) => isWithin(path, property)));
  const needless = given.filter((property) => !different.some((path) => isWithin(path, property)));
  if (unexplained.length > 0 || needless.length > 0) {
    throw new Error(
      [
        ...unexplained.map((path) => `${path} differs, and no reason says why`),
        ...needless.map((property) => `${property} has a reason, and does not differ`),
      ].join('\n'),
    );
  }
  return reasons
    .map(({ why, properties }) => `- ${why}: ${properties.map((property) => `\`${property}\``).join(', ')}\n`)
    .join('');
}

/** Paths of the values that differ: `kafka.resources.memory`. A list is one value. */
function differences(one: unknown, other: unknown, path = ''): readonly string[] {
  if (!isObject(one) || !isObject(other)) return JSON.stringify(one) === JSON.stringify(other) ? [] : [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differences(one[key], other[key], path === '' ? key : `${path}.${key}`),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWithin(path: string, property: string): boolean {
  return path === property || path.startsWith(`${property}.`);
}
