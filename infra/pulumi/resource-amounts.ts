/** Amounts as Kubernetes writes them, by resource: `{ cpu: '250m', memory: '1Gi' }`. */
export type Amounts = Readonly<Record<string, string>>;

/** The same as numbers: cores, bytes, or a count. */
export type Totals = ReadonlyMap<string, number>;

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function toNumber(amount: string): number {
  const [, digits = amount, unit] = /^(.*\d\.?)([a-zA-Z]+)$/.exec(amount) ?? [];
  return Number(digits) * (unit === undefined ? 1 : (UNITS[unit] ?? Number.NaN));
}

/** `250m`, `14Gi`, `1.5Gi` or `12`, as the resource is counted. */
export function showAmount(resource: string, value: number): string {
  if (/cpu$/.test(resource)) return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
  if (!/(memory|storage)$/.test(resource)) return String(value);
  const unit = ['Ti', 'Gi', 'Mi', 'Ki'].find((name) => Math.abs(value) >= (UNITS[name] ?? 1));
  return unit === undefined
    ? String(value)
    : `${Math.round((value / (UNITS[unit] ?? 1)) * 100) / 100}${unit}`;
}

/** Adds up what several ask for, each so many times. */
export function sum(parts: readonly (readonly [Totals, times: number])[]): Totals {
  const total = new Map<string, number>();
  for (const [amounts, times] of parts) {
    for (const [resource, value] of amounts) {
      total.set(resource, (total.get(resource) ?? 0) + value * times);
    }
  }
  return total;
}
