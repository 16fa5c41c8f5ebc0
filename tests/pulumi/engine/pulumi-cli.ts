import { join } from 'node:path';
import { buildGoProgram } from '../../../infra/local/go-program.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';

/** What a release of the version in go.mod says of itself; the Automation API asks. */
const VERSION = 'v3.220.0';

/**
 * Pulumi's CLI, with the engine in it, built from its Go module on first use: minutes.
 *
 * @returns a directory with `bin/pulumi`, as the Automation API wants it
 */
export async function buildPulumi(host: Host, progress: Progress = () => undefined): Promise<string> {
  const { directory } = await buildGoProgram(
    {
      name: 'pulumi-cli',
      module: join(import.meta.dirname, '../cli'),
      target: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
      variables: { 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version': VERSION },
      path: 'bin/pulumi',
    },
    { host, progress },
  );
  return directory;
}
