import { parseArgs } from 'node:util';

export interface StackCommand {
  readonly name: 'preview' | 'up' | 'grow-volume';
  readonly stack: string;
  /** Asks nothing. */
  readonly yes: boolean;
}

export const USAGE = `usage: npm run preview -- --stack NAME        what up would change, object by object
       npm run up -- --stack NAME [--yes]    images, pulumi up, and events sent through the edge into the bucket
       npm run grow-volume -- --stack NAME   gives volumes the sizes of the environment, with their data
`;

/** @throws Error that says what the command line lacks */
export function parseStackCommand([name, ...args]: readonly string[]): StackCommand {
  if (name !== 'preview' && name !== 'up' && name !== 'grow-volume') {
    throw new Error(`command must be preview, up or grow-volume, got ${name ?? 'none'}`);
  }
  const { values } = parseArgs({
    args: [...args],
    options: { stack: { type: 'string' }, yes: { type: 'boolean' } },
    strict: true,
  });
  if (values.stack === undefined || values.stack === '') {
    throw new Error(`--stack must name a stack, got none: npm run ${name} -- --stack dev`);
  }
  return { name, stack: values.stack, yes: values.yes ?? false };
}
