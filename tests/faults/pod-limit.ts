/**
 * What the applications' image sets for the C library, and what stands in for a pod's limit on a whole machine, with room to
 * spare: Node sizes its heap by the memory that it sees. In a pod of 184 MiB its young generation takes 2 MiB, on a machine
 * of 23 GiB 32.
 */
export const LIKE_A_POD = {
  MALLOC_ARENA_MAX: '1',
  NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128',
};
