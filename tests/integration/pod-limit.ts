/**
 * Node sizes its heap by the memory that it sees: in a pod of 184 MiB its young generation takes 2 MiB, on a machine of
 * 23 GiB 32. On a whole machine these stand in for a pod's limit, with room to spare.
 */
export const LIKE_A_POD = { NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128' };
