import { join } from 'node:path';
import { runCommand } from '../../../infra/local/command.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';
import { buildPrograms, type Programs } from '../../pulumi/engine/stack.ts';
import type { MetadataMode } from '../environments.ts';
import { inNetwork } from '../namespaces.ts';
import { PATHS } from '../place.ts';

/** The program asks the CLI for the stack's state, and that finds the project here. */
const ROOT = join(import.meta.dirname, '../../..');

/** What Pulumi's engine does with the whole stack. */
export type Operation = 'up' | 'destroy';

/** What the process in the lab's network is asked, as JSON in its one argument. */
export interface OperationRequest {
  readonly operation: Operation;
  readonly metadata: MetadataMode;
  readonly programs: Programs;
}

/** How many resources of the stack were created, updated, deleted, or are the same. */
export type Changes = Readonly<Record<string, number>>;

/** What it answers, a line of JSON each: any number of the first, and one of the others. */
export type OperationMessage =
  | { readonly progress: string }
  | { readonly changes: Changes; readonly figures: string }
  | { readonly error: string };

/**
 * Has Pulumi's engine run the program of `infra/pulumi` for stack `lab`, in the lab's network. Its state lies with what
 * else the lab writes.
 *
 * @throws {Error} with what the engine says, where it fails
 */
export async function runOperation(
  host: Host,
  operation: Operation,
  metadata: MetadataMode,
  progress: Progress,
): Promise<Changes> {
  const request: OperationRequest = { operation, metadata, programs: await buildPrograms(host, progress) };
  const [program, ...words] = inNetwork(host);
  const main = join(import.meta.dirname, 'main.ts');
  let changes: Changes | undefined;
  let refusal: string | undefined;
  const onLine = (line: string, stream: 'stdout' | 'stderr'): void => {
    if (stream === 'stderr') return;
    const message = JSON.parse(line) as OperationMessage;
    if ('progress' in message) progress(message.progress);
    else if ('error' in message) refusal = message.error;
    else {
      changes = message.changes;
      progress(message.figures);
    }
  };
  await runCommand(program, [...words, host.execPath, main, JSON.stringify(request)], {
    host,
    cwd: ROOT,
    environment: { KUBECONFIG: PATHS.kubeconfig },
    onLine,
  }).catch((error: unknown) => {
    throw refusal === undefined ? error : new Error(refusal, { cause: error });
  });
  if (changes === undefined) throw new Error(`${operation} of stack lab ended without a summary`);
  return changes;
}
