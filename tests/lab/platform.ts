import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lab } from '../../infra/environments/lab.ts';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import type { Host, Progress } from '../../infra/local/host.ts';
import { images } from '../../infra/images.ts';
import { buildKubernetesProvider } from '../pulumi/engine/kubernetes-provider.ts';
import { buildPulumi } from '../pulumi/engine/pulumi-cli.ts';
import type { Cluster } from './cluster.ts';
import { KEDA_KINDS } from './custom-resources.ts';
import { labEnvironments, type MetadataMode } from './environments.ts';
import { FILEBEAT_IMAGE, filebeatImage } from './filebeat-image.ts';
import { within } from './namespaces.ts';
import type { PartTimes } from './part-times.ts';
import { CONTAINERD_SOCKET, PATHS } from './place.ts';
import { runOperation } from './stack/operation.ts';
import { buildLabProgram } from './toolchain.ts';

const execute = promisify(execFile);

const ROOT = join(import.meta.dirname, '../..');

/** From the moment that everything is applied. */
const READY_WITHIN = '--timeout=280s';

/**
 * Brings the platform up in the lab: its images, and the objects of the environment by Pulumi's engine, in their order. What
 * is there already is left as it is.
 *
 * @param metadata where the brokers' is to be kept; undefined is where it is, or ZooKeeper
 * @throws {Error} that says what the engine says, or names the workload that is not ready in time
 */
export async function upPlatform(
  host: Host,
  cluster: Cluster,
  metadata: MetadataMode | undefined,
  progress: Progress,
  times: PartTimes,
): Promise<void> {
  const mode = keepMetadata(metadata);
  await times.measure("Pulumi's engine", progress, (say) => buildPulumi(host, say));
  await times.measure("Pulumi's provider", progress, (say) => buildKubernetesProvider(host, say));
  await importImages(host, mode, progress, times);
  cluster.define(KEDA_KINDS);
  progress(`pulumi up of stack lab, metadata in ${mode}`);
  await runOperation(host, 'up', mode, progress);
  waitForRollouts(cluster, progress);
}

/** Where the brokers of the lab keep their metadata. */
export function metadataOfLab(): MetadataMode | undefined {
  if (!existsSync(PATHS.metadata)) return undefined;
  return readFileSync(PATHS.metadata, 'utf8') as MetadataMode;
}

/** @throws {Error} where another place is asked for than the one that holds it already */
function keepMetadata(asked: MetadataMode | undefined): MetadataMode {
  const found = metadataOfLab();
  if (found !== undefined && asked !== undefined && asked !== found)
    throw new Error(
      `--metadata must be ${found}, which keeps the metadata of this lab, got ${asked}: npx headwater lab down first`,
    );
  const mode = found ?? asked ?? 'zookeeper';
  writeFileSync(PATHS.metadata, mode);
  return mode;
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
  const filebeat = await buildLabProgram('filebeat', { host, progress });
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
  const make = async (made: string): Promise<void> => {
    // Environment `lab` names no image of Kafka 4.
    const images = metadata === 'kraft' ? [] : ['--stack', lab.name];
    const command = [join(ROOT, 'infra/images/main.ts'), ...images, '--bootstrap-base'];
    await runCommand(host.execPath, [...command, '--archives', made], { host, cwd: ROOT, onLine: progress });
  };
  // The environment decides which images there are.
  const madeFrom = [JSON.stringify(own), host.arch, JSON.stringify(labEnvironments[metadata])];
  return Cache.of(host).entry('lab-archives', madeFrom, make, { progress });
}

/** The name that an OCI archive gives to its only image. */
async function imageOf(archive: string): Promise<string> {
  const { stdout } = await execute('tar', ['--extract', '--to-stdout', '--file', archive, 'index.json']);
  const { manifests } = JSON.parse(stdout) as {
    manifests: readonly { readonly annotations: Readonly<Record<string, string>> }[];
  };
  return manifests[0]?.annotations['org.opencontainers.image.ref.name'] ?? '';
}
