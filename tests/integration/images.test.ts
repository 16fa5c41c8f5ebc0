import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Size } from 'cdk8s';
import { nodeFiles } from '../../infra/constructs/kafka/kafka-files.ts';
import { LISTENER_PORTS, type KafkaNode } from '../../infra/constructs/kafka/kafka-listeners.ts';
import { kraft, zookeeper, type KafkaMetadata } from '../../infra/constructs/kafka/kafka-metadata.ts';
import {
  brokerProperties,
  METRICS_PORT,
  VOLUME_PATH,
} from '../../infra/constructs/kafka/kafka-properties.ts';
import {
  serverConfiguration,
  ZOOKEEPER_CLIENT_PORT,
  ZOOKEEPER_METRICS_PORT,
} from '../../infra/constructs/zookeeper/zookeeper.ts';
import { ownReferences } from '../../infra/images.ts';
import { BuildahBuilder } from '../../infra/images/buildah-builder.ts';
import type { OwnImageName } from '../../infra/images/own-images.ts';
import { needs } from '../runner/needs.ts';
import { shows, startInImage } from './images/server-in-image.ts';

const root = join(import.meta.dirname, '../..');
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const options = mayMount
  ? needs('buildah', 'mmdebstrap', 'mvn', '/usr/lib/podman/netavark')
  : { skip: 'only who may mount, as root may: the base and each step of a build mount what they use' };

interface BillOfMaterials {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

describe('images built from the tree as it is', options, () => {
  const builder = new BuildahBuilder(process);
  const images = Object.entries(ownReferences()) as [OwnImageName, string][];
  let directory: string;
  // Ports are the images' own; an address that nobody else is likely to have keeps two runs apart.
  const host = `127.${1 + Math.floor(Math.random() * 254)}.${1 + Math.floor(Math.random() * 254)}.1`;

  const build = (): string[] => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['infra/images/main.ts', '--bootstrap-base'],
      { cwd: root, encoding: 'utf8', timeout: 900_000 },
    );
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().split('\n');
  };
  const readBill = (image: OwnImageName): BillOfMaterials => {
    const name = ownReferences()[image].replace(/^.*\//, '').replace(':', '-');
    return JSON.parse(readFileSync(join(root, `dist/images/${name}.cdx.json`), 'utf8')) as BillOfMaterials;
  };
  /** The files of the only node of a cluster, on this run's address. */
  const kafkaFiles = (metadata: KafkaMetadata): Record<string, string> => {
    const roles: KafkaNode['roles'] = metadata.mode === 'kraft' ? ['broker', 'controller'] : ['broker'];
    const node: KafkaNode = { id: 0, ordinal: 0, host, roles };
    const settings = {
      metadata,
      brokers: 1,
      minInSyncReplicas: 1,
      maxMessage: Size.mebibytes(1),
      security: { protocol: 'plaintext' as const },
      exposure: { kind: 'none' as const },
      quorum: metadata.mode === 'kraft' ? [node] : [],
    };
    const { files } = nodeFiles([node], [node], brokerProperties(settings), settings);
    return Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, text.replaceAll('://:', `://${host}:`)]),
    );
  };
  const startKafka = (version: keyof typeof kafkaImages, metadata: KafkaMetadata): Promise<AsyncDisposable> =>
    startInImage({
      name: `kafka-${version}`,
      image: kafkaImages[version],
      directory,
      files: kafkaFiles(metadata),
      claims: [VOLUME_PATH],
      environment: {
        POD_INDEX: '0',
        HEAP_MIB: '256',
        METRICS_PORT: `${host}:${METRICS_PORT}`,
        ...(metadata.mode === 'kraft' && { CLUSTER_ID: metadata.clusterId }),
      },
      isReady: () =>
        shows(`http://${host}:${METRICS_PORT}/metrics`, 'kafka_server_kafkaserver_brokerstate 3'),
    });
  const kafkaImages = { '3.9.2': ownReferences()['kafka:3.9.2'], '4.4.0': ownReferences()['kafka:4.4.0'] };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-images-'));
    build();
  });
  after(() => rm(directory, { recursive: true }));

  test('an image that is there is not built again', () => {
    assert.deepEqual(
      build(),
      images.map(([, reference]) => `found ${reference}`),
    );
  });

  test('every image runs as a user without rights, and says what it is', async () => {
    for (const [image, reference] of images) {
      assert.equal(await builder.run(reference, ['id', '-u']), '10001', image);
      const labels = (await builder.labelsOf(reference)) ?? {};
      assert.equal(labels['org.opencontainers.image.version'], reference.replace(/^.*:/, ''));
      assert.equal(labels['org.opencontainers.image.title'], `headwater-${image.replace(/:.*/, '')}`);
    }
  });

  const kafkaProgram = { variable: 'KAFKA_BOOTSTRAP_SERVERS', leastModules: 100 };
  const programs = {
    producer: kafkaProgram,
    consumer: kafkaProgram,
    // It speaks to the search cluster alone, without the modules of a Kafka client.
    indices: { variable: 'SEARCH_PRODUCT', leastModules: 30 },
    topics: kafkaProgram,
    users: kafkaProgram,
  } as const;
  for (const program of Object.keys(programs) as (keyof typeof programs)[]) {
    const { variable, leastModules } = programs[program];
    test(`the image of ${program} starts its program, and no other`, async () => {
      const image = ownReferences()[program];
      const refusal = await builder.run(image, [
        'sh',
        '-c',
        `node apps/${program}/main.ts 2>&1; test $? = 1`,
      ]);
      assert.ok(refusal.startsWith(`bad environment variables:\n  ${variable} is required`), refusal);
      assert.equal(await builder.run(image, ['node', '--version']), process.version);
      const warmth = 'echo "$MALLOC_ARENA_MAX"; find "$NODE_COMPILE_CACHE" -type f | wc -l';
      const [arenas, modules] = (await builder.run(image, ['sh', '-c', warmth])).split('\n').map(Number);
      assert.equal(arenas, 1);
      assert.ok((modules ?? 0) > leastModules, `${String(modules)} modules in the compile cache`);
      assert.deepEqual(
        (await builder.run(image, ['ls', 'apps'])).split('\n').sort(),
        // Besides it what the programs share.
        [program, 'kafka', 'service'].sort(),
      );
    });
  }

  test('Kafka’s images hold what their probes are made of', async () => {
    for (const image of Object.values(kafkaImages)) {
      const features = await builder.run(image, ['bash', '-c', 'type -p awk timeout; kcat -V']);
      assert.match(features, /awk\n.*timeout\n/);
      assert.match(features, /builtin\.features.*\bssl\b/s);
    }
  });

  test('ZooKeeper, and Kafka 3.9 with it, serve from their images and show their metrics', async () => {
    const configuration = serverConfiguration([host])
      .replace('clientPort=', `clientPortAddress=${host}\nclientPort=`)
      .replace('metricsProvider.httpPort=', `metricsProvider.httpHost=${host}\nmetricsProvider.httpPort=`);
    const metrics = `http://${host}:${ZOOKEEPER_METRICS_PORT}/metrics`;
    await using servers = new AsyncDisposableStack();
    servers.use(
      await startInImage({
        name: 'zookeeper',
        image: ownReferences()['zookeeper:3.9.5'],
        directory,
        files: { 'zoo.cfg': configuration },
        claims: ['/var/lib/zookeeper/data', '/var/lib/zookeeper/log'],
        environment: { POD_INDEX: '0', HEAP_MIB: '128' },
        isReady: () => shows(metrics, 'znode_count'),
      }),
    );
    const connect = `${host}:${ZOOKEEPER_CLIENT_PORT}`;
    servers.use(await startKafka('3.9.2', zookeeper({ connect }, { version: '3.9.2' })));
    assert.ok(await shows(metrics, 'num_alive_connections 1.0'), 'the broker is the one connection');
  });

  test('Kafka 4.4 formats its storage, and serves without ZooKeeper', async () => {
    const metadata = kraft({
      version: '4.4.0',
      // One that a program could take for an option.
      clusterId: '-GVhZHdhdGVyLXRlc3QtMQ',
      controllers: { placement: 'combined' },
    });
    await using servers = new AsyncDisposableStack();
    servers.use(await startKafka('4.4.0', metadata));
    const { status, stdout } = spawnSync(
      'bash',
      ['-c', `exec 3<>/dev/tcp/${host}/${LISTENER_PORTS.clientsPlaintext} && echo open`],
      { encoding: 'utf8' },
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'open\n' });
  });

  test('a bill of materials names every jar, every npm package and Debian’s', async () => {
    const jars = (set: string): string[] =>
      readFileSync(join(root, 'images', set, 'jars.sha256'), 'utf8').match(/[^/\s]+(?=\.jar$)/gm) ?? [];
    const sets = {
      'kafka:3.9.2': 'kafka/3.9',
      'kafka:4.4.0': 'kafka/4.4',
      'zookeeper:3.9.5': 'zookeeper',
    } as const;
    for (const [image, set] of Object.entries(sets)) {
      const { bomFormat, components } = readBill(image as keyof typeof sets);
      assert.equal(bomFormat, 'CycloneDX');
      const listed = components.map(({ name, version }) => `${name}-${version}`);
      const unlisted = jars(set).filter(
        (jar) => !listed.some((name) => jar === name || jar.startsWith(`${name}-`)),
      );
      assert.deepEqual(unlisted, [], image);
      assert.ok(components.some(({ name }) => name === 'libc6'));
    }
    const { components } = readBill('producer');
    const listed = new Set(components.map(({ name, version }) => `${name} ${version}`));
    const { packages } = JSON.parse(
      await builder.run(ownReferences().producer, ['cat', 'node_modules/.package-lock.json']),
    ) as { readonly packages: Readonly<Record<string, { readonly version: string }>> };
    const installed = Object.entries(packages).map(
      ([path, { version }]) => `${path.replace(/^.*node_modules\//, '')} ${version}`,
    );
    assert.ok(installed.length > 50, 'the image has its packages');
    const unlisted = installed.filter((name) => !listed.has(name));
    assert.deepEqual(unlisted, []);
    assert.ok(components.some(({ name }) => name === 'libc6'));
  });
});
