import { readOptions, UsageError } from '../../command-line.ts';

export interface StackCommand {
  readonly name: 'preview' | 'deploy' | 'grow-volume';
  readonly stack: string;
  /** Asks for no confirmation. */
  readonly yes: boolean;
  /** File for the result of a preview, as JSON. */
  readonly json?: string;
  /** File for the plan of a preview. */
  readonly savePlan?: string;
  /** File with the plan that limits `deploy`. */
  readonly plan?: string;
}

const STACK = '  --stack NAME       stack of Pulumi';

const USAGE: Readonly<Record<StackCommand['name'], string>> = {
  preview: `usage: npx headwater preview --stack NAME [options]
says what deploy would change, object by object, and what the cluster or the stack lacks

${STACK}
  --json FILE        prints nothing, writes what it found as JSON, for scripts
  --save-plan FILE   writes what it found, for deploy --plan
`,
  deploy: `usage: npx headwater deploy --stack NAME [options]
images, pulumi up in order; sees then whether network policies are enforced, and sends events through the edge into the bucket

${STACK}
  --plan FILE        does what a plan of preview says, and fails where more would change
  --yes              asks nothing
`,
  'grow-volume': `usage: npx headwater grow-volume --stack NAME
gives volumes the sizes of the environment, with their data

${STACK}
`,
};

/** Options of one command only. */
const OWN_OPTIONS = { json: 'preview', 'save-plan': 'preview', plan: 'deploy', yes: 'deploy' } as const;

/** @returns the usage if help was requested. @throws {UsageError} that names the error in the command line */
export function parseStackCommand([name, ...args]: readonly string[]): StackCommand | string {
  if (name !== 'preview' && name !== 'deploy' && name !== 'grow-volume') {
    throw new UsageError(`command must be preview, deploy or grow-volume, got ${name ?? 'none'}`);
  }
  const { values } = readOptions(args, {
    stack: { type: 'string' },
    yes: { type: 'boolean' },
    json: { type: 'string' },
    'save-plan': { type: 'string' },
    plan: { type: 'string' },
  });
  if (values.help === true) return USAGE[name];
  for (const [option, owner] of Object.entries(OWN_OPTIONS)) {
    const value = values[option as keyof typeof OWN_OPTIONS];
    if (value !== undefined && name !== owner) {
      throw new UsageError(`--${option} must be given to ${owner}, got ${name}`);
    }
    if (value === '') throw new UsageError(`--${option} must name a file, got none`);
  }
  if (values.stack === undefined || values.stack === '') {
    throw new UsageError(`--stack must name a stack, got none: npx headwater ${name} --stack dev`);
  }
  const { stack, yes = false, json, 'save-plan': savePlan, plan } = values;
  return {
    name,
    stack,
    yes,
    ...(json !== undefined && { json }),
    ...(savePlan !== undefined && { savePlan }),
    ...(plan !== undefined && { plan }),
  };
}
