import { z } from 'zod';
import { cidr } from './names.ts';

/**
 * Where a service outside the cluster is: its blocks, or `public`, every address outside private networks, for one whose
 * addresses change. Only its port is open to them.
 */
export const outside = z.union([z.literal('public'), z.array(cidr).min(1)]);
export type Outside = z.infer<typeof outside>;
