export type SearchProduct = 'elasticsearch' | 'opensearch';

/** What a search cluster keeps. */
export interface SearchState {
  readonly product: SearchProduct;
  readonly indices: Map<string, SearchIndex>;
  readonly templates: Map<string, IndexTemplate>;
  /** Of ILM or ISM. */
  readonly policies: Map<string, Policy>;
  /** The version of the ISM policy that an index was given, by the name of the index. */
  readonly managed: Map<string, { readonly policy: string; readonly version: number }>;
}

interface SearchIndex {
  readonly documents: Map<string, Readonly<Record<string, unknown>>>;
  settings: Readonly<Record<string, unknown>>;
}

export interface IndexTemplate {
  readonly index_patterns: readonly string[];
  readonly priority?: number;
  readonly template: Readonly<Record<string, unknown>>;
}

interface Policy {
  /** How often it was written. */
  readonly version: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SearchResponse {
  readonly status: number;
  readonly body: unknown;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/** Why a request is not done. */
export class Refused extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }
}

export function parse({ body }: Request): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new Refused(400, 'parse_exception', 'request body is required, as JSON');
  }
}

/** An object with these keys and no others. */
export function object(value: unknown, where: string, allowed: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused(400, 'x_content_parse_exception', `${where} must be an object`);
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key))
      throw new Refused(400, 'x_content_parse_exception', `[${where}] unknown field [${key}]`);
  }
  return value as Record<string, unknown>;
}

export function matching(names: Iterable<string>, pattern: string): string[] {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  return [...names].filter((name) => expression.test(name));
}
