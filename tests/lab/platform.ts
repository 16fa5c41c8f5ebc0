import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { lab } from '../../infra/environments/lab.ts';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import type { Host, Progress } from '../../infra/local/host.ts';
import { images } from '../../infra/images.ts';
import { buildPlatform } from '../../infra/platform.ts';
import { Authority } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { SCALED_OBJECTS } from './custom-resources.ts';
import { labEnvironments, type MetadataMode } from './environments.ts';
import { FILEBEAT_IMAGE, filebeatImage } from './filebeat-image.ts';
import { within } from './namespaces.ts';
import type { PartTimes } from './part-times.ts';
import { CONTAINERD_SOCKET, DIRECTORY, PATHS } from './place.ts';
import { LabToolchain } from './toolchain.ts';

const execute = promisify(execFile);

const ROOT = join(import.meta.dirname, '../..');

/** From the moment that everything is applied. */
const READY_WITHIN = '--timeout=280s';

/**
 * Brings the platform up in the lab: its images, the Secrets that its manifests name, and the manifests of the
 * environment, in their order. What is there already is left as it is.
 *
 * @throws {Error} that names the workload that is not ready in time
 */
export async function upPlatform(
  host: Host,
  cluster: Cluster,
  metadata: MetadataMode,
  progress: Progress,
  times: PartTimes,
): Promise<void> {
  await importImages(host, metadata, progress, times);
  progress(`applying the manifests of environment lab, metadata in ${metadata}`);
  const [namespaces = [], ...others] = buildPlatform(labEnvironments[metadata]).charts.map(
    (chart) => chart.toJson() as readonly object[],
  );
  cluster.define([SCALED_OBJECTS]);
  cluster.apply(namespaces);
  cluster.apply(secrets());
  cluster.apply(others.flat());
  waitForRollouts(cluster, progress);
}

/** @throws {Error} that names the workload that is not ready in time */
export function waitForRollouts(cluster: Cluster, progress: Progress): void {
  const { pipeline, logging } = lab.namespaces;
  for (const namespace of [pipeline, logging]) {
    const workloads = ['get', 'statefulsets,deployments,daemonsets', '--namespace', namespace, '-o', 'name'];
    for (const rollout of cluster.kubectl(workloads).trim().split('\n')) {
      progress(`waiting for ${rollout}`);
      cluster.kubectl(['rollout', 'status', '--namespace', namespace, READY_WITHIN, rollout]);
    }
  }
}

async function importImages(
  host: Host,
  metadata: MetadataMode,
  progress: Progress,
  times: PartTimes,
): Promise<void> {
  const [program, ...words] = within(host);
  const ctr = [...words, 'ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', 'images'];
  const known: string[] = [];
  await runCommand(program, [...ctr, 'list', '--quiet'], {
    host,
    cwd: ROOT,
    onLine: (line) => known.push(line),
  });
  const own = await times.measure('our own images', progress, (say) => writeArchives(host, metadata, say));
  const filebeat = await new LabToolchain({ host, progress }).build('filebeat');
  const archives = [
    ...(await readdir(own)).map((archive) => join(own, archive)),
    await times.measure('image of Filebeat', progress, (say) => filebeatImage(host, filebeat, say)),
  ];
  for (const archive of archives) {
    const image = await imageOf(archive);
    if (known.includes(image)) continue;
    progress(`importing ${image}`);
    await runCommand(program, [...ctr, 'import', archive], { host, cwd: ROOT });
  }
  // No registry is reached for the one that the manifests name.
  await runCommand(program, [...ctr, 'tag', '--force', FILEBEAT_IMAGE, images.filebeat], { host, cwd: ROOT });
}

/** Archives of the images that the lab needs, by the tags that say what they are built from. */
async function writeArchives(host: Host, metadata: MetadataMode, progress: Progress): Promise<string> {
  const { own } = JSON.parse(await readFile(join(ROOT, 'infra/images.lock.json'), 'utf8')) as { own: object };
  return Cache.of(host).entry('lab-archives', [JSON.stringify(own), host.arch, metadata], async (made) => {
    // Environment `lab` names no image of Kafka 4.
    const images = metadata === 'kraft' ? [] : ['--stack', lab.name];
    const command = [join(ROOT, 'infra/images/main.ts'), ...images, '--bootstrap-base'];
    await runCommand(host.execPath, [...command, '--archives', made], { host, cwd: ROOT, onLine: progress });
  });
}

/** The name that an OCI archive gives to its only image. */
async function imageOf(archive: string): Promise<string> {
  const { stdout } = await execute('tar', ['--extract', '--to-stdout', '--file', archive, 'index.json']);
  const { manifests } = JSON.parse(stdout) as {
    manifests: readonly { readonly annotations: Readonly<Record<string, string>> }[];
  };
  return manifests[0]?.annotations['org.opencontainers.image.ref.name'] ?? '';
}

/** What Pulumi makes of a stack's configuration elsewhere. */
function secrets(): object[] {
  const { namespaces, objectStore, edge, logging } = lab;
  if (objectStore.credentials.kind !== 'secret') throw new Error('the lab has no identities of pods');
  const access = parseEnv(readFileSync(join(PATHS.objectStore, 'object-store.env'), 'utf8'));
  const login = [
    '[default]',
    `aws_access_key_id=${access['AWS_ACCESS_KEY_ID'] ?? ''}`,
    `aws_secret_access_key=${access['AWS_SECRET_ACCESS_KEY'] ?? ''}`,
  ];
  const certificate = new Authority(join(DIRECTORY, 'certificates')).issue({
    name: 'edge',
    subject: `/CN=${edge.host}`,
    subjectAltNames: [`DNS:${edge.host}`],
  });
  return [
    secret(namespaces.pipeline, objectStore.credentials.name, { credentials: `${login.join('\n')}\n` }),
    {
      ...secret(namespaces.pipeline, edge.tlsSecret, {
        'tls.crt': readFileSync(certificate.certificate, 'utf8'),
        'tls.key': readFileSync(certificate.key, 'utf8'),
      }),
      type: 'kubernetes.io/tls',
    },
    secret(namespaces.logging, logging.search.credentialsSecret, { username: 'lab', password: 'lab' }),
  ];
}

function secret(namespace: string, name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
}
