import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGoProgram } from '../../../infra/local/go-program.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';

const SDK = '../../../node_modules/@pulumi/kubernetes/package.json';
const VERSION_VARIABLE = 'github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version';

/**
 * Pulumi's provider for Kubernetes, built from its Go module on first use: minutes. The engine finds it on the PATH.
 *
 * The module has no tags: go.mod names a commit. The engine refuses a provider older than the SDK, so it is built with the
 * SDK's version.
 *
 * @returns the directory with `pulumi-resource-kubernetes`
 */
export async function buildKubernetesProvider(
  host: Host,
  progress: Progress = () => undefined,
): Promise<string> {
  const sdk = JSON.parse(readFileSync(join(import.meta.dirname, SDK), 'utf8')) as {
    readonly version: string;
  };
  const { directory } = await buildGoProgram(
    {
      name: 'pulumi-resource-kubernetes',
      module: join(import.meta.dirname, '../kubernetes-provider'),
      target: '.',
      sources: ['main.go'],
      variables: { [VERSION_VARIABLE]: sdk.version },
    },
    { host, progress },
  );
  return directory;
}
