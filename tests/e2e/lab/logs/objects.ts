import type { Environment } from '../../../../infra/environments/environment.ts';
import { buildPlatform } from '../../../../infra/platform.ts';

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Every object of an environment's platform. */
export function platformOf(environment: Environment): KubernetesObject[] {
  return buildPlatform(environment).charts.flatMap((chart) => chart.toJson() as KubernetesObject[]);
}

export function identityOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
}
