import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGoProgram } from '../../infra/local/go-program.ts';
import type { Host, Progress } from '../../infra/local/host.ts';

const TOOLS = join(import.meta.dirname, 'tools');

/** What is built for each directory of `tools/`: a pinned Go module, and the package in it that is a program. */
const PROGRAMS = {
  coredns: '.',
  filebeat: '.',
  kubernetes: '.',
  'metrics-server': '.',
  'network-policies': '.',
  pause: '.',
  traefik: 'github.com/traefik/traefik/v3/cmd/traefik',
  'volume-provisioner': '.',
} as const;

/** Set at the link, as upstream does it; what it is else, no client can read. */
const KUBERNETES_VERSION = '1.34.4';

const LINK_VARIABLES: Partial<Record<LabProgram, Readonly<Record<string, string>>>> = {
  kubernetes: {
    'k8s.io/component-base/version.gitVersion': `v${KUBERNETES_VERSION}`,
    'k8s.io/component-base/version.gitMajor': '1',
    'k8s.io/component-base/version.gitMinor': '34',
  },
};

export type LabProgram = keyof typeof PROGRAMS;

export const LAB_PROGRAMS = Object.keys(PROGRAMS) as readonly LabProgram[];

/** The path of a part of the lab that is a Go module: a static binary, named after its program. */
export async function buildLabProgram(
  name: LabProgram,
  { host, progress }: { readonly host: Host; readonly progress: Progress },
): Promise<string> {
  const module = join(TOOLS, name);
  const sources = (await readdir(module)).filter((file) => !/^go\.(mod|sum)$/.test(file)).sort();
  const variables = LINK_VARIABLES[name] ?? {};
  const { path } = await buildGoProgram(
    { name, module, target: PROGRAMS[name], sources, variables },
    { host, progress },
  );
  return path;
}
