import type { ManifestObject } from '../../../infra/diff/objects.ts';

export const CONTROLLED_KINDS = ['StatefulSet', 'Deployment', 'DaemonSet'];

const LABELS = { app: 'it' };
const PROBE = { httpGet: { port: 80 } };

/** A workload of one pod that has something of everything whose default is known, and says none of the defaults. */
export function fullWorkload(kind: string): ManifestObject {
  const template = { ...(kind !== 'Job' && { metadata: { labels: LABELS } }), spec: podOf(kind) };
  const selected = kind === 'Job' ? {} : { selector: { matchLabels: LABELS } };
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: 'it', namespace: 'here' },
    spec: { ...selected, ...(kind === 'StatefulSet' && { serviceName: 'it' }), template },
  };
}

function podOf(kind: string): object {
  const container = {
    name: 'one',
    image: 'one:1',
    env: [
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'GREETING', value: 'hello $(NAME)' },
    ],
    ports: [{ containerPort: 80 }, { containerPort: 81 }],
    volumeMounts: [
      { name: 'files', mountPath: '/files' },
      { name: 'secret', mountPath: '/secret' },
    ],
    resources: { limits: { memory: '1Gi' } },
    securityContext: { capabilities: { drop: ['CHOWN', 'NET_RAW'] } },
  };
  const probes = { readinessProbe: PROBE, livenessProbe: PROBE, startupProbe: PROBE };
  const lifecycle = { preStop: PROBE, postStart: PROBE };
  return {
    ...(kind === 'Job' && { restartPolicy: 'Never' }),
    containers: [{ ...container, ...probes, lifecycle }],
    initContainers: [{ ...container, name: 'first' }],
    volumes: [
      { name: 'files', configMap: { name: 'files' } },
      { name: 'secret', secret: { secretName: 'secret' } },
      { name: 'both', projected: { sources: [{ configMap: { name: 'files' } }] } },
      { name: 'own', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ],
  };
}

/**
 * Every place of the object that a pattern of paths is of; elements of lists by their number. What is last need not be
 * there.
 *
 * @throws {Error} where the object has nothing of what the pattern names
 */
export function placesOf(object: ManifestObject, pattern: string): readonly (readonly string[])[] {
  const words = pattern.split(' ');
  const last = (words.at(-1) ?? '').split('|');
  const holders = words.slice(0, -1).reduce<readonly (readonly [readonly string[], unknown])[]>(
    (found, word) =>
      found.flatMap(([place, value]) =>
        Object.entries(value ?? {})
          .filter(([key]) => word.split('|').some((choice) => choice === '*' || matches(choice, key)))
          .map(([key, inner]) => [[...place, key], inner] as const),
      ),
    [[[], object]],
  );
  if (holders.length === 0) throw new Error(`the workload must have something of ${pattern}`);
  return holders.flatMap(([place]) => last.map((key) => [...place, key]));
}

function matches(choice: string, key: string): boolean {
  return choice.startsWith('*') ? key.endsWith(choice.slice(1)) : key === choice;
}
