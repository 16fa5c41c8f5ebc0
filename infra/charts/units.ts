import { Duration, Size } from 'cdk8s';
import { toBytes, toMs, type ByteLimit, type Period, type Quantity } from '../environments/quantities.ts';

/** cdk8s' size of an environment's quantity or limit. */
export function toSize(value: Quantity | ByteLimit): Size {
  return Size.kibibytes(toBytes(value) / 2 ** 10);
}

/** cdk8s' duration of an environment's period. */
export function toDuration(value: Period): Duration {
  return Duration.millis(toMs(value));
}
