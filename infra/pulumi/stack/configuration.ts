import * as pulumi from '@pulumi/pulumi';
import type { StackConfiguration } from './settings.ts';

/** The configuration of the stack that the program runs for. */
export function readConfiguration(): StackConfiguration {
  const prefix = `${pulumi.getProject()}:`;
  return {
    stack: pulumi.getStack(),
    values: Object.fromEntries(
      Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    ),
    isSecret: (key) => isConfigSecret(`${prefix}${key}`),
  };
}

/** The SDK knows which values are encrypted, but its types omit the function. */
function isConfigSecret(key: string): boolean {
  const ask: unknown = Reflect.get(pulumi.runtime, 'isConfigSecret');
  if (typeof ask !== 'function')
    throw new Error('@pulumi/pulumi no longer tells which configuration is secret');
  return Reflect.apply(ask, undefined, [key]) === true;
}
