import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DeployedResource } from '../program/replacements.ts';

const execute = promisify(execFile);
const MAX_STATE_BYTES = 256 * 1024 ** 2;

/** What `pulumi stack export` writes; secrets in it are encrypted. */
interface ExportedStack {
  readonly deployment: { readonly resources?: readonly DeployedResource[] } | null;
}

/** Resources of a stack as they are, from the CLI that runs the program or is to run it. */
export async function readDeployed(stack: string): Promise<readonly DeployedResource[]> {
  const { stdout } = await execute('pulumi', ['stack', 'export', '--stack', stack, '--non-interactive'], {
    maxBuffer: MAX_STATE_BYTES,
  });
  return (JSON.parse(stdout) as ExportedStack).deployment?.resources ?? [];
}
