import { z } from 'zod';

/** A property that holds a value and no further properties, where it was met in an environment. */
export interface Leaf {
  /** As docs/environment.md writes it: variants of a group in brackets, `*` for any name, `[]` for each of a list. */
  readonly path: string;
  readonly schema: z.ZodType;
  /** Keys that lead to it in the environment. */
  readonly keys: readonly string[];
  readonly value: unknown;
  /** Whether it says which variant of a group this is. */
  readonly isChoice: boolean;
}

/** Every leaf that a value has, schema and value walked together; a property that is left out is none. */
export function leavesOf(
  schema: unknown,
  value: unknown,
  path = '',
  keys: readonly string[] = [],
): readonly Leaf[] {
  const inner = unwrapped(schema);
  if (value === undefined) return [];
  const next = (child: unknown, key: string, name: string) =>
    leavesOf(child, Reflect.get(Object(value) as object, key), name, [...keys, key]);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, child]) => next(child, key, join(path, key)));
  }
  if (inner instanceof z.ZodRecord && !isPlain(inner.valueType)) {
    return Object.keys(Object(value) as object).flatMap((key) => next(inner.valueType, key, `${path}.*`));
  }
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = inner.def;
    const chosen: unknown = Reflect.get(Object(value) as object, discriminator);
    const variant = inner.options.find((option) => accepts(option, discriminator, chosen));
    const leaves = variant === undefined ? [] : leavesOf(variant, value, `${path}(${String(chosen)})`, keys);
    const choice = [...keys, discriminator].join('.');
    return leaves.map((leaf) => (leaf.keys.join('.') === choice ? { ...leaf, isChoice: true } : leaf));
  }
  if (inner instanceof z.ZodArray && !isPlain(inner.element) && Array.isArray(value)) {
    return value.flatMap((_, index) => next(inner.element, String(index), `${path}[]`));
  }
  return [{ path, schema: inner as z.ZodType, keys, value, isChoice: false }];
}

/** The path of every leaf that an environment can have. */
export function leafPaths(schema: unknown, path = ''): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, child]) => leafPaths(child, join(path, key)));
  }
  if (inner instanceof z.ZodRecord && !isPlain(inner.valueType))
    return leafPaths(inner.valueType, `${path}.*`);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = inner.def;
    return inner.options.flatMap((option) => {
      const literal: unknown =
        option instanceof z.ZodObject ? Reflect.get(option.shape, discriminator) : undefined;
      const values = literal instanceof z.ZodLiteral ? [...literal.values] : [];
      return values.flatMap((chosen) => leafPaths(option, `${path}(${String(chosen)})`));
    });
  }
  if (inner instanceof z.ZodArray && !isPlain(inner.element)) return leafPaths(inner.element, `${path}[]`);
  return [path];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

/** Text and numbers: a list of them is one value. */
function isPlain(schema: unknown): boolean {
  const inner = unwrapped(schema);
  return !(
    inner instanceof z.ZodObject ||
    inner instanceof z.ZodRecord ||
    inner instanceof z.ZodArray ||
    inner instanceof z.ZodDiscriminatedUnion
  );
}

function accepts(option: unknown, discriminator: string, chosen: unknown): boolean {
  if (!(option instanceof z.ZodObject)) return false;
  const literal: unknown = Reflect.get(option.shape, discriminator);
  return literal instanceof z.ZodType && literal.safeParse(chosen).success;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
