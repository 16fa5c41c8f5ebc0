import { join } from 'node:path';
import { mergeAttributions, type EnvironmentSides } from '../../../infra/diff/causes/attribute.ts';
import { findCauses } from '../../../infra/diff/causes/find-causes.ts';
import { findLines } from '../../../infra/diff/causes/source-lines.ts';
import { sortChanges, type Report } from '../../../infra/diff/report.ts';
import { synthesize } from '../../../infra/diff/synthesize.ts';
import type { Tree } from '../../../infra/diff/tree.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';
import { inEditedCopy, manifestsOf } from './real-changes/make-real-changes.ts';
import type { FileEdit } from './real-changes/real-change.ts';

const DIGEST = '88da01d42636bb6f659f4116d66cafe44f7ee2436ddbd5c3b8bd595449f2a639';
const PRODUCTION = 'infra/environments/production.ts';

/**
 * A pull request that raises retention, changes a setting of the brokers, shrinks a volume, opens node ports and takes
 * another image: the example of docs/diff, and what the benchmark compares.
 */
export const PULL_REQUEST: readonly FileEdit[] = [
  { file: PRODUCTION, from: "retention: '7d'", to: "retention: '10d'" },
  { file: PRODUCTION, from: "mode: 'zookeeper',", to: "mode: 'zookeeper',\n      sessionTimeout: '12s'," },
  { file: PRODUCTION, from: "logVolume: '200Gi'", to: "logVolume: '150Gi'" },
  {
    file: PRODUCTION,
    from: "exposure: { kind: 'none' }",
    to: "exposure: { kind: 'node-port', hosts: ['a.example.com', 'b.example.com', 'c.example.com'], firstNodePort: 31_000 }",
  },
  { file: PRODUCTION, from: 'kafkaClientCidrs: []', to: "kafkaClientCidrs: ['10.9.0.0/16']" },
  {
    file: 'infra/images.lock.json',
    from: `fluentd-kubernetes-daemonset:v1.19.3-debian-elasticsearch8-1.1@sha256:${DIGEST}`,
    to: `fluentd-kubernetes-daemonset:v1.19.4-debian-elasticsearch8-1.0@sha256:${'0'.repeat(64)}`,
  },
];

/** What the preview says of it, in every environment. */
export async function pullRequestReport(): Promise<Report> {
  return reportOfEdits(PULL_REQUEST);
}

/** What the preview says of edits of files, in every environment. */
export async function reportOfEdits(edits: readonly FileEdit[]): Promise<Report> {
  const names = Object.keys(environments) as EnvironmentName[];
  const { changes, causes } = await inEditedCopy(edits, async (directory) => {
    const head = await synthesize(directory, join(directory, 'dist'), names, process);
    const sides = [...names].sort().map(async (name): Promise<EnvironmentSides> => {
      const before = { objects: await manifestsOf(environments[name]), value: plain(environments[name]) };
      const after = { objects: head.manifests[name] ?? [], value: head.values[name] ?? null };
      return { environment: name, before, after };
    });
    const found = await findCauses(directory, await Promise.all(sides));
    if (found.error !== undefined) throw new Error(found.error);
    const merged = mergeAttributions(found.attributions);
    return { ...merged, causes: await findLines(directory, merged.causes) };
  });
  return {
    base: { name: 'main' },
    head: { name: 'HEAD' },
    environments: [...names].sort(),
    changes: sortChanges(changes),
    causes,
    objects: {},
    approved: [],
    unusedApprovals: [],
  };
}

/** A value of an environment without what its type knows of it. */
export function plain(value: Environment): Tree {
  return structuredClone(value) as unknown as Tree;
}
