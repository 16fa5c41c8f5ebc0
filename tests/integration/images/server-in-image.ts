import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownLimits } from '../../../infra/images/buildah-builder.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';

const POD_USER = 10_001;

export interface ServerInImage {
  readonly name: string;
  readonly image: string;
  /** Holds the log, and the directories that a pod would have mounted. */
  readonly directory: string;
  /** Files below `/etc/headwater`, as rendered. */
  readonly files: Readonly<Record<string, string>>;
  /** Directories that are claims in the pod. */
  readonly claims: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
}

/** A server started from an image by the image's own command, as its own user, with the host's network. */
export async function startInImage(server: ServerInImage): Promise<AsyncDisposable> {
  const { name, image, directory, files, claims, environment, isReady } = server;
  const config = join(directory, name, 'config');
  mkdirSync(config, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(config, file), text);
  const mounts = claims.map((path, index) => {
    const claim = join(directory, name, `claim-${index}`);
    mkdirSync(claim);
    chownSync(claim, POD_USER, POD_USER);
    return `${claim}:${path}`;
  });
  const container = buildah('from', ...(await ownLimits()), '--pull-never', image);
  const child = new ManagedProcess({
    host: process,
    name,
    directory,
    command: [
      ...(['buildah', 'run', '--isolation', 'chroot'] as const),
      ...[`${config}:/etc/headwater:ro`, ...mounts].flatMap((mount) => ['--volume', mount]),
      ...Object.entries(environment).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
      ...[container, '--', '/opt/headwater/bin/start.sh'],
    ],
    isReady,
    startDeadlineMs: 120_000,
  });
  const dispose = async (): Promise<void> => {
    await child.stop();
    buildah('rm', container);
  };
  try {
    await child.start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { [Symbol.asyncDispose]: dispose };
}

/** Whether the address shows a metric of this name. */
export async function shows(metrics: string, name: string): Promise<boolean> {
  const response = await fetch(metrics, { signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  return response.ok && text.split('\n').some((line) => line.startsWith(name));
}

function buildah(...args: readonly string[]): string {
  return execFileSync('buildah', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
