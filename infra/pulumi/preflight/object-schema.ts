/** The part of a kind's structural schema (OpenAPI 3.0) that says which fields and values are taken. */
export interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly additionalProperties?: ObjectSchema | boolean;
  readonly items?: ObjectSchema;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly ObjectSchema[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/**
 * Fields of an object that a schema does not know, which the API server would leave out in silence, and values that it does
 * not list, which the API server would refuse: one line each, by its path.
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
