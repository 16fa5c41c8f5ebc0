import { z } from 'zod';

/** A list with each element once. A repeated element is a mistake: another one is probably missing. */
export function distinct<Element extends z.ZodType<string | number>>(element: Element): z.ZodArray<Element> {
  return z.array(element).refine((list) => new Set(list).size === list.length, {
    error: 'a list with each element once',
  });
}
