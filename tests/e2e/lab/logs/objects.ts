import type { Environment } from '../../../../infra/environments/environment.ts';
import type { Logging } from '../../../../infra/environments/logging.ts';
import { buildPlatform } from '../../../../infra/platform.ts';

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Every object of an environment's platform, with other settings of its logs where some are given. */
export function platformWith(base: Environment, logging: Logging = base.logging): KubernetesObject[] {
  return buildPlatform({ ...base, logging }).charts.flatMap((chart) => chart.toJson() as KubernetesObject[]);
}

export function identityOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
}
