/**
 * Kubernetes quantities, calculated without doubles: two large quantities that differ by one stay different.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ and
 * pkg/api/resource/quantity.go of kubernetes/apimachinery
 */

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Nanos of 1. A nano is the smallest step of a quantity in the API server. */
export const NANO = 1_000_000_000n;

type Notation = 'decimal' | 'binary' | 'exponent';

interface Amount {
  readonly nanos: bigint;
  readonly notation: Notation;
}

/** Returns a quantity or a number in nanos; undefined if the value is neither. */
export function readNanos(value: unknown): bigint | undefined {
  return readAmount(value)?.nanos;
}

/**
 * Writes equal quantities in the same notation.
 *
 * - `stored`: as the API server stores it. `1024Mi` is `1Gi`, `0.5` is `500m`, but `1073741824` is not `1Gi`.
 * - `value`: by value alone. `1073741824` is also `1Gi`.
 *
 * @returns a value that is not a quantity unchanged
 */
export function canonicalQuantity(value: string | number, as: 'stored' | 'value'): string | number {
  const amount = readAmount(value);
  if (amount === undefined) return value;
  const { nanos, notation } = amount;
  const size = nanos < 0n ? -nanos : nanos;
  const isBinary = as === 'value' ? size % (1024n * NANO) === 0n : notation === 'binary';
  if (isBinary && size >= 1024n * NANO && size % NANO === 0n) return binaryText(nanos / NANO);
  return decimalText(nanos, as === 'stored' && notation === 'exponent');
}

function readAmount(value: unknown): Amount | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return readAmount(String(value));
  if (typeof value !== 'string') return undefined;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?([a-zA-Z]{0,2})$/.exec(value) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const scale =
    exponent === undefined ? scaleOf(suffix) : suffix === '' ? powerOf(10n, Number(exponent)) : undefined;
  if (scale === undefined) return undefined;
  const over = 10n ** BigInt(fraction.length) * scale.over;
  const nanos = roundedUp(BigInt(`${whole}${fraction}`) * NANO * scale.times, over);
  const notation = exponent !== undefined ? 'exponent' : suffix.endsWith('i') ? 'binary' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, notation };
}

interface Scale {
  readonly times: bigint;
  readonly over: bigint;
}

function scaleOf(suffix: string): Scale | undefined {
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (suffix !== '' && binary > 0) return powerOf(1024n, binary);
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  return decimal < 0 ? undefined : powerOf(1000n, decimal - DECIMAL_SUFFIXES.indexOf(''));
}

function powerOf(base: bigint, exponent: number): Scale {
  const power = base ** BigInt(Math.abs(exponent));
  return exponent < 0 ? { times: 1n, over: power } : { times: power, over: 1n };
}

function roundedUp(amount: bigint, over: bigint): bigint {
  return (amount + over - 1n) / over;
}

function binaryText(units: bigint): string {
  let left = units;
  let power = 0;
  while (left % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    left /= 1024n;
    power += 1;
  }
  return `${left}${BINARY_SUFFIXES[power] ?? ''}`;
}

/** Takes the largest suffix that leaves a whole number. */
function decimalText(nanos: bigint, withExponent: boolean): string {
  if (nanos === 0n) return '0';
  let left = nanos;
  let power = 0;
  while (left % 1000n === 0n && power < DECIMAL_SUFFIXES.length - 1) {
    left /= 1000n;
    power += 1;
  }
  if (!withExponent) return `${left}${DECIMAL_SUFFIXES[power] ?? ''}`;
  const exponent = 3 * (power - DECIMAL_SUFFIXES.indexOf(''));
  return exponent === 0 ? String(left) : `${left}e${exponent}`;
}
