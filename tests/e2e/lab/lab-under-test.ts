import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../../../infra/environments/environment.ts';
import { lab } from '../../../infra/environments/lab.ts';
import { readEvents } from '../../../infra/local/up/events.ts';
import { Sender } from '../../../infra/local/up/sender.ts';
import type { Ledger } from '../../../infra/local/verify/attempts.ts';
import type { Verification } from '../../../infra/local/verify.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { labEnvironments, type MetadataMode } from '../../lab/environments.ts';
import { isUp, openCluster } from '../../lab/lab.ts';
import { within } from '../../lab/namespaces.ts';
import { DIRECTORY, FORWARDS, PATHS } from '../../lab/place.ts';
import { metadataOfLab } from '../../lab/platform.ts';

export const PIPELINE = lab.namespaces.pipeline;

/** The lab's cluster, which the tests find up. */
export async function labCluster(): Promise<Cluster> {
  assert.ok(isUp(process), 'the lab is down: npx headwater lab up');
  return openCluster(process, (text) => console.error(text));
}

/** Where the lab's Kafka keeps its metadata. */
export function metadataMode(): MetadataMode {
  const mode = metadataOfLab();
  assert.ok(mode !== undefined, 'nothing was brought up in the lab: npx headwater lab up');
  return mode;
}

/** What the lab holds. */
export function environmentOfLab(): Environment {
  return labEnvironments[metadataMode()];
}

export const EDGE = {
  host: lab.edge.host,
  /** Where the machine reaches the ingress. */
  get endpoint(): string {
    return `https://127.0.0.1:${FORWARDS.find(({ to }) => to === 443)?.from ?? 0}`;
  },
  get authority(): string {
    return readFileSync(join(DIRECTORY, 'certificates/ca.crt'), 'utf8');
  },
} as const;

export function newSender(signal: AbortSignal): Sender {
  return new Sender(EDGE.endpoint, signal, { host: EDGE.host, authority: EDGE.authority });
}

export interface SampleOptions {
  /** @default as fast as they are taken */
  readonly perSecond?: number;
  /** Ends the sample early. */
  readonly until?: AbortSignal;
}

/** The sample data set, over and over, so many events of it. */
export async function* sample(
  count: number,
  { perSecond = Infinity, until }: SampleOptions = {},
): AsyncGenerator<Buffer> {
  let given = 0;
  const began = performance.now();
  while (given < count) {
    for await (const event of readEvents('sample')) {
      if (given >= count) return;
      const due = began + (given / perSecond) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      if (until?.aborted === true) return;
      given += 1;
      yield event;
    }
  }
}

/** Judges the bucket by the invariants, as soon as nothing accepted is missing there. */
export async function verifyWhenStored(ledger: Ledger, deadlineMs: number): Promise<Verification> {
  let last: Verification | undefined;
  await waitUntil(
    () => {
      last = verify(ledger);
      return last.missing === 0;
    },
    { what: 'all stored', deadlineMs, everyMs: 2_000 },
  ).catch(() => undefined);
  assert.ok(last !== undefined);
  return last;
}

function verify({ requestIdPrefix, attempts }: Ledger): Verification {
  const [program, ...words] = within(process);
  const main = join(import.meta.dirname, 'verify-store.ts');
  const access = parseEnv(readFileSync(join(PATHS.objectStore, 'object-store.env'), 'utf8'));
  const { status, stdout, stderr } = spawnSync(program, [...words, process.execPath, main], {
    encoding: 'utf8',
    env: { ...process.env, ...access },
    input: JSON.stringify({ requestIdPrefix, attempts: [...attempts] }),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Verification;
}
