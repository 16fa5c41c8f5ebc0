import { parseArgs } from 'node:util';

export interface StackCommand {
  readonly name: 'preview' | 'up' | 'grow-volume';
  readonly stack: string;
  /** Asks nothing. */
  readonly yes: boolean;
  /** File that a preview writes its result to, as JSON. */
  readonly json?: string;
  /** File that a preview writes its plan to. */
  readonly savePlan?: string;
  /** File with the plan that `up` may not go beyond. */
  readonly plan?: string;
}

export const USAGE = `usage: npm run preview -- --stack NAME        what up would change, object by object
       npm run up -- --stack NAME [--yes]    images, pulumi up, and a check of what then runs
       npm run grow-volume -- --stack NAME   gives volumes the sizes of the environment, with their data

  up sees whether network policies are enforced, and sends events through the edge into the bucket.

  preview --json FILE        prints nothing, writes what it found as JSON, for scripts
  preview --save-plan FILE   writes what it found, for up --plan
  up --plan FILE             does what the plan says, and fails where more would change
`;

/** What only one of the commands takes. */
const OWN_OPTIONS = { json: 'preview', 'save-plan': 'preview', plan: 'up' } as const;

/** @throws Error that says what the command line lacks */
export function parseStackCommand([name, ...args]: readonly string[]): StackCommand {
  if (name !== 'preview' && name !== 'up' && name !== 'grow-volume') {
    throw new Error(`command must be preview, up or grow-volume, got ${name ?? 'none'}`);
  }
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      yes: { type: 'boolean' },
      json: { type: 'string' },
      'save-plan': { type: 'string' },
      plan: { type: 'string' },
    },
    strict: true,
  });
  for (const [option, owner] of Object.entries(OWN_OPTIONS)) {
    const value = values[option as keyof typeof OWN_OPTIONS];
    if (value !== undefined && name !== owner) {
      throw new Error(`--${option} must be given to ${owner}, got ${name}`);
    }
    if (value === '') throw new Error(`--${option} must name a file, got none`);
  }
  if (values.stack === undefined || values.stack === '') {
    throw new Error(`--stack must name a stack, got none: npm run ${name} -- --stack dev`);
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
