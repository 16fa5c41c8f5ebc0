// Connections are opened in the networks of the pods themselves, whatever is in their images.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../../../infra/environments/lab.ts';
import { ownReferences } from '../../../infra/images.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { initFile } from '../../lab/namespaces.ts';
import { RESTRICTED } from '../../lab/pipeline-pod.ts';
import { DNS_ADDRESS } from '../../lab/place.ts';
import { environmentOfLab, labCluster } from './lab-under-test.ts';
import {
  isDeclared,
  outsideTargets,
  podEnds,
  reach,
  serviceTargets,
  type PodEnd,
  type Target,
} from './network/ends.ts';
import { pidsOf } from './processes.ts';

const { pipeline, logging, ingress } = lab.namespaces;
const OURS = [pipeline, logging];
/** Where pods of others may be: anywhere, where the pipeline's own are, and where those are that may connect to them. */
const STRANGERS = ['default', pipeline, ingress, lab.network.monitoringNamespace];
const STRANGER = 'stranger';
/** Of the cluster, which every workload may ask. */
const DNS: Target = {
  ...{ name: 'dns', labels: {}, address: DNS_ADDRESS, port: 53 },
  dialled: `${DNS_ADDRESS}:53`,
};

test(
  'from pods on the real network, what the platform declares connects, and everything else times out',
  { timeout: 240_000 },
  async (t) => {
    const cluster = await labCluster();
    const environment = environmentOfLab();
    const removeStrangers = addStrangers(cluster);
    try {
      const ours = OURS.flatMap((namespace) => podEnds(cluster, namespace));
      const sources = [
        ...onePerWorkload(ours),
        ...STRANGERS.flatMap((namespace) => podEnds(cluster, namespace)).filter(isStranger),
      ];
      // Of brokers, what keeps their metadata, producer, consumer, collector, and of nobody's.
      assert.equal(sources.length, 5 + STRANGERS.length, sources.map(({ name }) => name).join(', '));
      const within = [
        ...onePerWorkload(ours.toReversed()).flatMap(({ targets }) => targets),
        ...serviceTargets(cluster, pipeline),
      ];
      const outside = outsideTargets(environment);
      // The node itself is never asked about: what it reaches is there.
      const there = await reach(initFile(process).running()?.pid ?? 0, [...within, ...outside, DNS]);
      assert.deepEqual(
        [...there].filter(([, outcome]) => outcome === 'timeout'),
        [],
      );
      const wrong: string[] = [];
      const counts = { connects: 0, 'times out': 0 };
      await Promise.all(
        sources.map(async (source) => {
          const targets = [
            ...within.filter(({ address }) => address !== source.address),
            // Nothing of ours says what pods of others may connect to beyond our own.
            ...(OURS.includes(source.namespace) ? outside : []),
            ...(isStranger(source) ? [] : [DNS]),
          ];
          const outcomes = await reach(pidsOf(source.uid)[0] ?? 0, targets);
          for (const target of targets) {
            const isAllowed = target === DNS || isDeclared(environment, source, target);
            const expected = isAllowed ? there.get(target.dialled) : 'timeout';
            counts[isAllowed ? 'connects' : 'times out'] += 1;
            const outcome = outcomes.get(target.dialled);
            if (outcome === expected) continue;
            wrong.push(
              `${source.namespace}/${source.name} to ${target.name}:${target.port}: ${String(outcome)}, expected ${String(expected)}`,
            );
          }
        }),
      );
      assert.deepEqual(wrong, []);
      t.diagnostic(
        `${sources.length} sources: ${counts.connects} pairs connect, ${counts['times out']} time out`,
      );
    } finally {
      removeStrangers();
    }
  },
);

/** The first of each: the labels that policies look at are the same for all of one workload. */
function onePerWorkload(pods: readonly PodEnd[]): PodEnd[] {
  const workloads = pods.filter((pod) => !isStranger(pod));
  const workloadOf = ({ labels }: PodEnd): string =>
    ['name', 'component'].map((label) => labels[`app.kubernetes.io/${label}`]).join(' ');
  return [...Map.groupBy(workloads, workloadOf).values()].flatMap(([first]) => first ?? []);
}

function isStranger({ name }: PodEnd): boolean {
  return name === STRANGER;
}

/** Puts a pod of nobody's into each of {@link STRANGERS}. @returns what takes them away */
function addStrangers(cluster: Cluster): () => void {
  const made = STRANGERS.filter((namespace) => cluster.try(['create', 'namespace', namespace]).code === 0);
  const pods = STRANGERS.map((namespace) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: STRANGER, namespace },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: STRANGER,
          image: ownReferences().producer,
          imagePullPolicy: 'Never',
          command: ['/bin/sleep', '3600'],
          securityContext: RESTRICTED,
          resources: { limits: { memory: '32Mi', 'ephemeral-storage': '16Mi' } },
        },
      ],
    },
  }));
  const remove = (): void => {
    const words = ['delete', '--ignore-not-found', '--wait=false', '-f', '-'];
    cluster.kubectl(words, pods.map((pod) => JSON.stringify(pod)).join('\n'));
    if (made.length > 0) cluster.kubectl(['delete', 'namespace', ...made]);
  };
  try {
    cluster.apply(pods);
    for (const namespace of STRANGERS) {
      const condition = ['--for=condition=Ready', '--timeout=60s', `pod/${STRANGER}`];
      cluster.kubectl(['wait', '--namespace', namespace, ...condition]);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
