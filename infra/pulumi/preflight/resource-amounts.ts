import { readQuantity } from '../../environments/kubernetes-quantity.ts';

/** Kubernetes quantities by resource: `{ cpu: '250m', memory: '1Gi' }`. */
export type Amounts = Readonly<Record<string, string>>;

/** The same as numbers: cores, bytes or a count. */
export type Totals = ReadonlyMap<string, number>;

export function toNumber(amount: string): number {
  return readQuantity(amount) ?? Number.NaN;
}

/** Parses `250m`, `14Gi`, `1.5Gi` or `12` in the unit of the resource. */
export function showAmount(resource: string, value: number): string {
  if (/cpu$/.test(resource)) return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
  if (!/(memory|storage)$/.test(resource)) return String(value);
  const unit = ['Ti', 'Gi', 'Mi', 'Ki'].find((name) => value >= toNumber(`1${name}`));
  return unit === undefined
    ? String(value)
    : `${Math.round((value / toNumber(`1${unit}`)) * 100) / 100}${unit}`;
}

/** Sums amounts, each multiplied by a count. */
export function sum(parts: readonly (readonly [Totals, times: number])[]): Totals {
  const total = new Map<string, number>();
  for (const [amounts, times] of parts) {
    for (const [resource, value] of amounts) {
      total.set(resource, (total.get(resource) ?? 0) + value * times);
    }
  }
  return total;
}
