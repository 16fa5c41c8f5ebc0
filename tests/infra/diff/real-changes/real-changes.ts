import { accessChanges } from './access.ts';
import { dataChanges } from './data.ts';
import { inPlaceChanges } from './in-place.ts';
import { podChanges } from './pods.ts';
import type { RealChange } from './real-change.ts';

/** At least three for each consequence; `docs/diff.md` has them as a table. */
export const realChanges: readonly RealChange[] = [
  ...dataChanges,
  ...accessChanges,
  ...podChanges,
  ...inPlaceChanges,
];
