import type { Tree } from '../tree.ts';

interface Unit {
  readonly suffix: string;
  /** Size in the smallest unit of its list. */
  readonly size: bigint;
}

/** Largest first. A duration is written as in an environment. */
const TIMES: readonly Unit[] = [
  { suffix: 'd', size: 86_400_000n },
  { suffix: 'h', size: 3_600_000n },
  { suffix: 'm', size: 60_000n },
  { suffix: 's', size: 1_000n },
  { suffix: 'ms', size: 1n },
];
const SIZES: readonly Unit[] = [
  { suffix: ' TiB', size: 2n ** 40n },
  { suffix: ' GiB', size: 2n ** 30n },
  { suffix: ' MiB', size: 2n ** 20n },
  { suffix: ' KiB', size: 2n ** 10n },
  { suffix: ' bytes', size: 1n },
];

interface Measure {
  /** Ends of names with this unit: properties of Kafka, variables, fields of Kubernetes. */
  readonly names: RegExp;
  readonly units: readonly Unit[];
  /** Size of the unit of the name, in the smallest unit. */
  readonly one: bigint;
}

const MEASURES: readonly Measure[] = [
  { names: /(\.ms|_MS|[a-z]Ms)$/, units: TIMES, one: 1n },
  { names: /(\.seconds|_SECONDS|[a-z]Seconds)$/, units: TIMES, one: 1_000n },
  { names: /(\.minutes|_MINUTES|[a-z]Minutes)$/, units: TIMES, one: 60_000n },
  { names: /(\.hours|_HOURS|[a-z]Hours)$/, units: TIMES, one: 3_600_000n },
  { names: /(\.days|_DAYS|[a-z]Days)$/, units: TIMES, one: 86_400_000n },
  { names: /(\.bytes|_BYTES|[a-z]Bytes)$/, units: SIZES, one: 1n },
];

/** Properties of Kafka that `-1` makes unlimited. */
const UNBOUNDED = /(^|\.)retention\.(ms|bytes)$/;

/**
 * Converts a number to the largest unit in which it is a whole number. The end of the path gives its unit: `604800000` at
 * `retention.ms` is `7d`, `8388608` at `env[BATCH_MAX_BYTES].value` is `8 MiB`.
 *
 * @returns undefined if the name has no unit or the value is not a number
 */
export function inUnit(path: string, value: Tree): string | undefined {
  const [, name = ''] = /([^[\]]*?)\]?(?:(?<=\])\.value)?$/.exec(path) ?? [];
  const digits = typeof value === 'object' ? '' : String(value);
  if (digits === '-1' && UNBOUNDED.test(name)) return 'unlimited';
  const measure = MEASURES.find(({ names }) => names.test(name));
  if (measure === undefined || !/^\d+$/.test(digits)) return undefined;
  const amount = BigInt(digits) * measure.one;
  const unit = measure.units.find(({ size }) => amount !== 0n && amount % size === 0n);
  return unit === undefined ? digits : `${amount / unit.size}${unit.suffix}`;
}
