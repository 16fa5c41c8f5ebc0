import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoreV1Api, type KubeConfig, V1Pod } from '@kubernetes/client-node';
import type { Environment } from '../../environments/environment.ts';
import type { Manifest } from '../stack/platform-objects.ts';

export interface NetworkProbeOptions {
  readonly config: KubeConfig;
  readonly environment: Environment;
  readonly manifests: readonly Manifest[];
  /**
   * How long connections may succeed: some clusters enforce a policy only seconds after a pod has started. @default
   * 30_000
   */
  readonly patienceMs?: number;
  /** Timeout for the pod to be scheduled, run and finish. @default 120_000 */
  readonly deadlineMs?: number;
}

/** Whether a pod that no policy allows was blocked; `unknown` with the reason. */
export type Enforcement =
  | { readonly kind: 'enforced' }
  | { readonly kind: 'not-enforced'; readonly reached: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const NAME = 'network-probe';
const LABELS = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': 'headwater' };
const SELECTOR = `app.kubernetes.io/name=${NAME}`;
const POLL_MS = 500;
const CONNECT_MS = 5_000;
const PAUSE_MS = 1_000;
/** Exit code of a pod whose connections all succeeded. */
const REACHED = 3;

/** Exits with 0 as soon as one connection fails, or with {@link REACHED} if all succeed until the timeout. */
const PROGRAM = `const { connect } = require('node:net');
const [host, port, patience] = process.argv.slice(1);
const until = Date.now() + Number(patience);
const attempt = () => {
  const blocked = () => process.exit(0);
  const timer = setTimeout(blocked, ${CONNECT_MS});
  const socket = connect({ host, port: Number(port) });
  socket.once('error', blocked);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.destroy();
    if (Date.now() >= until) process.exit(${REACHED});
    setTimeout(attempt, ${PAUSE_MS});
  });
};
attempt();`;

/**
 * Runs an unrelated pod that tries to reach what the policies must block: ZooKeeper, which has no login, or the
 * brokers' replication listener. The API server accepts policies that a cluster does not enforce. The pod is deleted
 * before this returns.
 */
export async function probeNetworkPolicies(options: NetworkProbeOptions): Promise<Enforcement> {
  const { config, environment, manifests, patienceMs = 30_000, deadlineMs = 120_000 } = options;
  const namespace = environment.namespaces.pipeline;
  const core = config.makeApiClient(CoreV1Api);
  const remove = () => core.deleteCollectionNamespacedPod({ namespace, labelSelector: SELECTOR });
  try {
    const target = await findTarget(core, environment);
    if (target === undefined) return { kind: 'unknown', reason: 'nothing runs that must not be reached' };
    await remove();
    try {
      const args = [...target.address, String(patienceMs)];
      const body = Object.assign(new V1Pod(), pod(imageOf(manifests), args, deadlineMs));
      const { metadata } = await core.createNamespacedPod({ namespace, body });
      const code = await exitCode(core, { namespace, name: metadata?.name ?? '' }, deadlineMs);
      if (code === 0) return { kind: 'enforced' };
      return code === REACHED
        ? { kind: 'not-enforced', reached: target.name }
        : { kind: 'unknown', reason: `its pod ended with ${code}` };
    } finally {
      await remove();
    }
  } catch (error) {
    return { kind: 'unknown', reason: reasonOf(error) };
  }
}

/** The message for the user, and its severity: an error, a warning, or none. */
export function describeEnforcement(found: Enforcement): {
  readonly problem: 'certain' | 'perhaps' | false;
  readonly text: string;
} {
  const subject = 'network policies';
  switch (found.kind) {
    case 'enforced':
      return { problem: false, text: `${subject} are enforced: a pod that none lets through was kept out` };
    case 'unknown':
      return {
        problem: 'perhaps',
        text: `${subject}: whether they are enforced is not known: ${found.reason}`,
      };
    case 'not-enforced':
      return {
        problem: 'certain',
        text: `${subject}: the cluster does not enforce them: a pod that none lets through reached ${found.reached}, as any other may; docs/pulumi.md says how they are switched on`,
      };
  }
}

async function findTarget(core: CoreV1Api, { namespaces, kafka }: Environment) {
  const [labelSelector, portName] =
    kafka.metadata.mode === 'zookeeper'
      ? ['app.kubernetes.io/name=zookeeper', 'client']
      : ['app.kubernetes.io/name=kafka,app.kubernetes.io/component=broker', 'replication'];
  const { items } = await core.listNamespacedPod({ namespace: namespaces.pipeline, labelSelector });
  for (const { metadata, spec, status } of items) {
    const port = spec?.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === portName);
    const isReady = status?.conditions?.some(
      ({ type, status: holds }) => type === 'Ready' && holds === 'True',
    );
    if (status?.podIP === undefined || port === undefined || isReady !== true) continue;
    const { containerPort } = port;
    return {
      name: `${metadata?.name ?? ''}:${containerPort}`,
      address: [status.podIP, String(containerPort)],
    };
  }
  return undefined;
}

/** An image with Node that the nodes have already. */
function imageOf(manifests: readonly Manifest[]): string {
  const producer = manifests.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'producer',
  );
  const { template } = producer?.['spec'] as { template: { spec: { containers: [{ image: string }] } } };
  return template.spec.containers[0].image;
}

/** Admitted under the profile `restricted`; only the policy that denies all traffic selects its labels. */
function pod(image: string, args: readonly string[], deadlineMs: number) {
  return {
    metadata: { generateName: `${NAME}-`, labels: LABELS },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: Math.ceil(deadlineMs / 1000),
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: NAME,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', PROGRAM, ...args],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { requests: { cpu: '10m', memory: '96Mi' }, limits: { memory: '96Mi' } },
        },
      ],
    },
  };
}

/** @throws Error with what the pod waits for, if it does not finish in time */
async function exitCode(
  core: CoreV1Api,
  place: { readonly namespace: string; readonly name: string },
  deadlineMs: number,
): Promise<number> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const { status } = await core.readNamespacedPod(place);
    const state = status?.containerStatuses?.[0]?.state;
    if (state?.terminated !== undefined) return state.terminated.exitCode;
    if (performance.now() > deadline) {
      const waiting = state?.waiting?.reason ?? status?.conditions?.find(({ message }) => message)?.message;
      throw new Error(`its pod did not end within ${deadlineMs / 1000} s: ${waiting ?? 'no reason given'}`);
    }
    await sleep(POLL_MS);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiException) return `the API server answered ${error.code}: ${String(error.body)}`;
  const { message, cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? message : `the API server cannot be reached (${code})`;
}
