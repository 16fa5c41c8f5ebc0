import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../../../infra/local/cache.ts';
import { runCommand } from '../../../infra/local/command.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';

/** What a release of the version in go.mod says of itself; the Automation API asks. */
const VERSION = 'v3.220.0';
const MODULE = join(import.meta.dirname, '../cli');

/**
 * Pulumi's CLI, with the engine in it, built from its Go module on first use: minutes.
 *
 * @returns a directory with `bin/pulumi`, as the Automation API wants it
 */
export async function buildPulumi(host: Host, progress: Progress = () => undefined): Promise<string> {
  const sources = ['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8'));
  return Cache.of(host).entry(
    'pulumi-cli',
    [...(await Promise.all(sources)), VERSION, host.platform, host.arch],
    async (made) => {
      progress("building Pulumi's engine from its Go module");
      await runCommand(
        'nice',
        [
          ...['go', 'build', '-mod=readonly', '-trimpath'],
          `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${VERSION}`,
          ...['-o', join(made, 'bin/pulumi'), 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'],
        ],
        { host, cwd: MODULE, environment: { CGO_ENABLED: '0' } },
      );
    },
  );
}
