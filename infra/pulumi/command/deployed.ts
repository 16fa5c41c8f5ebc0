import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DeployedResource } from '../program/replacements.ts';

const execute = promisify(execFile);
const MAX_STATE_BYTES = 256 * 1024 ** 2;

/** Output of `pulumi stack export`; its secrets are encrypted. */
interface ExportedStack {
  readonly deployment: { readonly resources?: readonly DeployedResource[] } | null;
}

/** The current resources of a stack, from the CLI that runs the program. */
export async function readDeployed(stack: string): Promise<readonly DeployedResource[]> {
  const { stdout } = await execute('pulumi', ['stack', 'export', '--stack', stack, '--non-interactive'], {
    maxBuffer: MAX_STATE_BYTES,
  });
  return (JSON.parse(stdout) as ExportedStack).deployment?.resources ?? [];
}
