import { Duration, Size } from 'cdk8s';
import { toBytes, toMs, type ByteLimit, type Period, type Quantity } from '../environments/quantities.ts';

/** Converts a quantity of the environment to cdk8s' Size. */
export function toSize(value: Quantity | ByteLimit): Size {
  return Size.kibibytes(toBytes(value) / 2 ** 10);
}

/** Converts a period of the environment to cdk8s' Duration. */
export function toDuration(value: Period): Duration {
  return Duration.millis(toMs(value));
}
