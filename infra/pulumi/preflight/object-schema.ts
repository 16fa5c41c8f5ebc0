/** The part of a kind's structural schema (OpenAPI 3.0) that defines its fields and values. */
export interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly additionalProperties?: ObjectSchema | boolean;
  readonly items?: ObjectSchema;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly ObjectSchema[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/**
 * Fields of an object that are not in the schema, which the API server would drop silently, and values that the schema
 * does not list, which it would reject: one line each, with its path.
 */
export function schemaProblems(schema: ObjectSchema, value: unknown, path = ''): readonly string[] {
  const refused = [schema, ...(schema.allOf ?? [])]
    .map(({ enum: allowed }) => allowed)
    .find((allowed) => allowed !== undefined && !allowed.includes(value));
  if (refused !== undefined) return [`${path} must be one of ${refused.join(', ')}, got ${String(value)}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item: unknown, index) => schemaProblems(items, item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = path === '' ? key : `${path}.${key}`;
    const known = schema.properties?.[key] ?? schema.additionalProperties;
    if (known === undefined) return takesAnything(schema) ? [] : [`${place} is not known`];
    return typeof known === 'boolean' ? [] : schemaProblems(known, inner, place);
  });
}

function takesAnything(schema: ObjectSchema): boolean {
  return schema.properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
}
