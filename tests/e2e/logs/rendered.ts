import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../../infra/environments/environment.ts';
import type { Logging } from '../../../infra/environments/logging.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { buildPlatform } from '../../../infra/platform.ts';
import type { StandInSearch } from '../../search/stand-in-search.ts';

/** Environment `production` with these settings of its logs, which go to a search cluster on this machine. */
export function environmentFor(search: StandInSearch, logging: Logging): Environment {
  const { product } = search.state;
  const here = { product, endpoint: search.endpoint, credentialsSecret: 'search-v1', indexPrefix: 'pods' };
  const { production } = environments;
  const network = { ...production.network, searchCidrs: ['127.0.0.1/32'] };
  return { ...production, strict: false, network, logging: { ...logging, search: here } };
}

/** The text of each file that an environment's manifests mount into a workload of the log pipeline. */
export function renderedFiles(environment: Environment, workload: string): Readonly<Record<string, string>> {
  const objects = buildPlatform(environment).charts.flatMap((chart) => chart.toJson() as ConfigMap[]);
  const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === workload);
  if (map === undefined) throw new Error(`no ConfigMap is named ${workload}`);
  return map.data;
}

interface ConfigMap {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

/** Writes files below a root that stands for the pod's, with every path in them moved below it. */
export async function writeBelow(
  root: string,
  directory: string,
  files: Readonly<Record<string, string>>,
  moved: readonly string[],
): Promise<void> {
  await mkdir(join(root, directory), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const below = moved.reduce((words, path) => words.replaceAll(path, join(root, path)), text);
    await writeFile(join(root, directory, name), below);
  }
}

/** What the Secret of the search cluster's login holds, where the pods have it. */
export async function writeLogin(root: string, { login }: StandInSearch): Promise<void> {
  await writeBelow(root, '/etc/search/credentials', login, []);
}
