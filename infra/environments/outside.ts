import { z } from 'zod';
import { distinct } from './distinct.ts';
import { cidr } from './names.ts';

/**
 * Addresses of an external service: its blocks, or `public` for every address outside private networks, if its
 * addresses change. Only its port is open.
 */
export const outside = z.union([z.literal('public'), distinct(cidr).min(1)]);
export type Outside = z.infer<typeof outside>;
