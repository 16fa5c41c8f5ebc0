/** What is compared: npm package and version. The first is a dependency of the project, the others are not. */
export const packages = {
  '@platformatic/kafka': '2.12.1',
  '@confluentinc/kafka-javascript': '1.10.1',
  'node-rdkafka': '3.6.1',
  kafkajs: '2.2.4',
} as const;

export type PackageName = keyof typeof packages;

/** The ways to use them, by the name of the file in `clients/`. */
export const clients = {
  headwater: '@platformatic/kafka',
  'headwater-with-keys': '@platformatic/kafka',
  'platformatic-serial': '@platformatic/kafka',
  'platformatic-producer': '@platformatic/kafka',
  confluent: '@confluentinc/kafka-javascript',
  'node-rdkafka': 'node-rdkafka',
  kafkajs: 'kafkajs',
} as const satisfies Record<string, PackageName>;

export type ClientName = keyof typeof clients;

export const clientNames = Object.keys(clients) as ClientName[];

/** What `clients` add to a package is on the producing side only; one of each package is enough to consume. */
export const consumers: readonly ClientName[] = [
  'platformatic-producer',
  'confluent',
  'node-rdkafka',
  'kafkajs',
];

export const measures = ['single-64', 'single-1000', 'batch', 'consume', 'failover'] as const;

export type Measure = (typeof measures)[number];
