import { lab } from '../../../../infra/environments/lab.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';
import { buildPlatform } from '../../../../infra/platform.ts';

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Every object of the lab's platform with other settings of its logs. */
export function platformWith(logging: Partial<Environment['logging']>): KubernetesObject[] {
  const environment = { ...lab, logging: { ...lab.logging, ...logging } };
  return buildPlatform(environment).charts.flatMap((chart) => chart.toJson() as KubernetesObject[]);
}

export function identityOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
}
