// Runs in the lab's network: an operation of Pulumi's engine on stack `lab`, told line by line on standard output.
import {
  ConcurrentUpdateError,
  type DestroyResult,
  type EngineEvent,
  type Stack,
  type UpResult,
} from '@pulumi/pulumi/automation/index.js';
import { lab } from '../../../infra/environments/lab.ts';
import { PidFile } from '../../../infra/local/pid-file.ts';
import { readCluster, readKubeConfig } from '../../../infra/pulumi/preflight/cluster.ts';
import { figuresOf, openBackend, openStack, secretConfiguration } from '../../pulumi/engine/stack.ts';
import { labEnvironments } from '../environments.ts';
import { PATHS } from '../place.ts';
import { secretsOfLab } from './configuration.ts';
import type { OperationMessage, OperationRequest } from './operation.ts';

/** Of the administrator's kubeconfig. */
const CONTEXT = 'lab';

const { operation, metadata, programs } = JSON.parse(process.argv[2] ?? '{}') as OperationRequest;
const began = performance.now();
const errors: string[] = [];
// A program that throws leaves rejections behind that nobody handles; the engine says what it threw.
process.on('unhandledRejection', () => undefined);

function tell(message: OperationMessage): void {
  console.log(JSON.stringify(message));
}

function hear({ resOutputsEvent, diagnosticEvent }: EngineEvent): void {
  if (diagnosticEvent?.severity === 'error') errors.push(diagnosticEvent.message.trim());
  if (diagnosticEvent?.severity === 'warning') tell({ progress: diagnosticEvent.message.trim() });
  const { op = 'same', type = '', urn = '' } = resOutputsEvent?.metadata ?? {};
  if (op === 'same' || !type.startsWith('kubernetes:')) return;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  tell({ progress: `${op} ${type.split(':').at(-1) ?? ''} ${urn.split('::').at(-1) ?? ''} (${seconds} s)` });
}

function run(stack: Stack): Promise<UpResult | DestroyResult> {
  return stack[operation]({ onEvent: hear });
}

const operator = new PidFile(PATHS.operator, process);
const other = operator.claim(process.pid);
try {
  if (other !== undefined) throw new Error(`stack lab is being worked on already, by pid ${other.pid}`);
  const backend = await openBackend(PATHS.pulumi, programs);
  const environment = labEnvironments[metadata];
  const stack = await openStack({ backend, name: lab.name, environment: () => environment });
  const { uid } = await readCluster(readKubeConfig(CONTEXT), { kinds: [], namespaces: [] });
  const plain = { context: CONTEXT, clusterUid: uid };
  const secrets = secretsOfLab(environment).flatMap(({ name, values }) =>
    Object.entries(values).map(([key, value]) => [`${name}.${key}`, value] as const),
  );
  const values = { ...Object.fromEntries(secrets), ...plain };
  await stack.setAllConfig(secretConfiguration(values, Object.keys(plain)));
  const { summary } = await run(stack).catch(async (error: unknown) => {
    if (!(error instanceof ConcurrentUpdateError)) throw error;
    // What holds the lock was killed: the pid file was free.
    await stack.cancel();
    return run(stack);
  });
  tell({ changes: { ...summary.resourceChanges }, figures: figuresOf(summary) });
} catch (error) {
  tell({ error: errors.join('\n') || (error instanceof Error ? error.message : String(error)) });
  process.exitCode = 1;
} finally {
  if (other === undefined) operator.remove();
}
