import { z } from 'zod';

const UNIT_BYTES = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Disk or memory as a Kubernetes quantity in binary units: `20Gi`, not `20G`. */
export const quantity = amount(['Mi', 'Gi', 'Ti'], 'a whole number and Mi, Gi or Ti, such as 20Gi');
export type Quantity = z.infer<typeof quantity>;

/** Bytes of messages and buffers in memory: `900Ki`, `8Mi`. */
export const byteLimit = amount(['Ki', 'Mi', 'Gi'], 'a whole number and Ki, Mi or Gi, such as 900Ki');
export type ByteLimit = z.infer<typeof byteLimit>;

/** A length of time: `500ms`, `30s`, `5m`, `12h`, `7d`. */
export const period = amount(['ms', 's', 'm', 'h', 'd'], 'a whole number and ms, s, m, h or d, such as 30s');
export type Period = z.infer<typeof period>;

/** Bytes in a quantity or limit. */
export function toBytes(value: Quantity | ByteLimit): number {
  return splitUnit(value, UNIT_BYTES);
}

/** Milliseconds in a period. */
export function toMs(value: Period): number {
  return splitUnit(value, UNIT_MS);
}

function splitUnit(value: string, units: Readonly<Record<string, number>>): number {
  const unit = units[value.replace(/^[0-9]+/, '')];
  if (unit === undefined) throw new Error(`must end in ${Object.keys(units).join(', ')}, got ${value}`);
  return Number.parseInt(value, 10) * unit;
}

function amount<const Unit extends string>(units: readonly Unit[], error: string) {
  return (
    z
      .templateLiteral([z.int(), z.enum(units)], { error })
      // The template type alone would accept -5Gi and 0Gi.
      .refine((text: string) => /^[1-9]/.test(text), { error })
  );
}
