import { z } from 'zod';
import type { Leaf } from './schema-leaves.ts';

/** Other values that a property may have, likely ones first. */
export function otherValues({ schema, value }: Leaf): readonly unknown[] {
  return candidates(schema, value).filter(
    (candidate) => JSON.stringify(candidate) !== JSON.stringify(value) && schema.safeParse(candidate).success,
  );
}

function candidates(schema: z.ZodType, value: unknown): readonly unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value * 2, value - 1, Math.ceil(value / 2)];
  if (typeof value === 'string') return otherTexts(value);
  if (Array.isArray(value)) return otherLists(value);
  if (schema instanceof z.ZodRecord) return [{ ...Object(value), other: 'value' }];
  return [];
}

function otherTexts(text: string): readonly unknown[] {
  const counted = (change: (count: number) => number): string =>
    text.replace(/\d+/, (digits) => String(change(Number(digits))));
  return [
    counted((count) => count * 2),
    counted((count) => count + 1),
    counted((count) => Math.max(1, Math.floor(count / 2))),
    text.replace(/-v(\d+)$/, (_, version: string) => `-v${Number(version) + 1}`),
    text.replace(/[a-z]/, (letter) => (letter === 'a' ? 'b' : 'a')),
    text.replace(/\/\/[^:/]+/, '//other.example.com'),
    `${text}a`,
    // Where a word may stand in place of a number or a list.
    'never',
    'public',
    30,
    ['10.77.0.0/16'],
  ];
}

function otherLists(list: readonly unknown[]): readonly unknown[] {
  const [first, ...rest] = list;
  if (typeof first === 'number') return [[first + 1, ...rest]];
  return [
    [...list, '10.77.0.0/16'],
    ['203.0.113.0/24'],
    ['other.example.com', ...rest],
    [...list, 'other'],
    ...(typeof first === 'string' ? otherTexts(first).map((text) => [text, ...rest]) : []),
  ];
}
