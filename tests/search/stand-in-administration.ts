import type { SearchProduct } from './stand-in-search.ts';

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

interface IndexTemplate {
  readonly index_patterns: readonly string[];
  readonly priority?: number;
  readonly template: Readonly<Record<string, unknown>>;
}

interface Policy {
  /** How often it was written. */
  readonly version: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

const VERSIONS = { elasticsearch: '8.19.3', opensearch: '2.19.4' } as const;

/** Answers what is neither a bulk request nor a search. */
export function administer(state: SearchState, request: Request): Answer {
  try {
    return route(state, request);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, type, message: reason } = error;
    return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
  }
}

class Refused extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }
}

function route(state: SearchState, request: Request): Answer {
  const { method, path } = request;
  const { product } = state;
  const [, first = '', second = '', third = '', fourth = '', ...more] = path
    .split('/')
    .map(decodeURIComponent);
  const key = `${method} ${path}`;
  if (path === '/') return { status: 200, body: root(product) };
  if (product === 'elasticsearch') {
    if (key === 'GET /_license')
      return { status: 200, body: { license: { uid: 'x', type: 'basic', status: 'active' } } };
    if (method === 'PUT' && first === '_ilm' && second === 'policy' && fourth === '')
      return putIlmPolicy(state, third, parse(request));
  } else if (first === '_plugins' && second === '_ism' && more.length === 0) {
    if (third === 'policies' && method === 'GET') return getIsmPolicy(state, fourth);
    if (third === 'policies' && method === 'PUT') return putIsmPolicy(state, fourth, request);
    if (third === 'add' && method === 'POST') return addIsmPolicy(state, fourth, parse(request));
    if (third === 'change_policy' && method === 'POST') return changeIsmPolicy(state, fourth, parse(request));
  }
  if (method === 'PUT' && first === '_index_template' && third === '')
    return putTemplate(state, second, parse(request));
  if (method === 'PUT' && second === '_settings' && third === '') return putSettings(state, first, request);
  throw new Refused(
    400,
    'illegal_argument_exception',
    `no handler found for uri [${path}] and method [${method}]`,
  );
}

function root(product: SearchProduct): unknown {
  const version = { number: VERSIONS[product], build_flavor: 'default', lucene_version: '9.12.2' };
  return product === 'elasticsearch'
    ? { name: 'n', cluster_name: 'c', cluster_uuid: 'u', version, tagline: 'You Know, for Search' }
    : {
        name: 'n',
        cluster_name: 'c',
        cluster_uuid: 'u',
        version: { distribution: 'opensearch', ...version },
      };
}

function parse({ body }: Request): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new Refused(400, 'parse_exception', 'request body is required, as JSON');
  }
}

/** An object with these keys and no others. */
function object(value: unknown, where: string, allowed: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused(400, 'x_content_parse_exception', `${where} must be an object`);
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key))
      throw new Refused(400, 'x_content_parse_exception', `[${where}] unknown field [${key}]`);
  }
  return value as Record<string, unknown>;
}

function putTemplate({ templates, product }: SearchState, name: string, body: unknown): Answer {
  const whole = object(body, 'index_template', [
    'index_patterns',
    'priority',
    'template',
    'composed_of',
    'version',
    '_meta',
  ]);
  const template = object(whole['template'], 'template', ['settings', 'mappings', 'aliases']);
  const settings = flatten(template['settings'] ?? {});
  if (!Array.isArray(whole['index_patterns']) || whole['index_patterns'].length === 0)
    throw new Refused(400, 'illegal_argument_exception', 'index patterns are missing');
  for (const key of Object.keys(settings)) checkSetting(product, key);
  templates.set(name, { ...(whole as unknown as IndexTemplate), template: { ...template, settings } });
  return { status: 200, body: { acknowledged: true } };
}

function putSettings({ indices, product }: SearchState, pattern: string, request: Request): Answer {
  const settings = flatten(parse(request));
  const found = matching(indices.keys(), pattern);
  if (found.length === 0 && request.query.get('allow_no_indices') !== 'true')
    throw new Refused(404, 'index_not_foundexception', `no such index [${pattern}]`);
  for (const key of Object.keys(settings)) checkSetting(product, key);
  for (const name of found) {
    const index = indices.get(name);
    if (index !== undefined) index.settings = { ...index.settings, ...settings };
  }
  return { status: 200, body: { acknowledged: true } };
}

function checkSetting(product: SearchProduct, key: string): void {
  if (/^index\.(number_of_shards|number_of_replicas|refresh_interval)$/.test(key)) return;
  if (product === 'elasticsearch' && key === 'index.lifecycle.name') return;
  throw new Refused(
    400,
    'illegal_argument_exception',
    `unknown setting [${key}] please check that any required plugins are installed`,
  );
}

/** `{index: {lifecycle: {name}}}` and `{'index.lifecycle.name'}` are the same. */
function flatten(value: unknown, prefix = ''): Record<string, unknown> {
  const flat = Object.entries(value as Record<string, unknown>).map(
    ([key, inner]): Record<string, unknown> =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? flatten(inner, `${prefix}${key}.`)
        : { [`${prefix}${key}`]: inner },
  );
  const merged = Object.assign({}, ...flat) as Record<string, unknown>;
  if (prefix !== '') return merged;
  return Object.fromEntries(
    Object.entries(merged).map(([key, inner]) => [key.startsWith('index.') ? key : `index.${key}`, inner]),
  );
}

function putIlmPolicy({ policies }: SearchState, name: string, body: unknown): Answer {
  const { policy } = object(body, 'put_lifecycle_request', ['policy']);
  const { phases } = object(policy, 'lifecycle_policy', ['phases', '_meta', 'deprecated']);
  for (const [phase, definition] of Object.entries(
    object(phases, 'phases', ['hot', 'warm', 'cold', 'frozen', 'delete']),
  )) {
    const { min_age: age = '0ms', actions } = object(definition, phase, ['min_age', 'actions']);
    requireTime(age, 'min_age');
    const possible = phase === 'delete' ? ['delete', 'wait_for_snapshot'] : ['rollover', 'set_priority'];
    object(actions, `${phase}.actions`, possible);
  }
  policies.set(name, {
    version: (policies.get(name)?.version ?? 0) + 1,
    body: policy as Record<string, unknown>,
  });
  return { status: 200, body: { acknowledged: true } };
}

function requireTime(value: unknown, field: string): void {
  if (typeof value !== 'string' || !/^\d+(d|h|m|s|ms|micros|nanos)$/.test(value))
    throw new Refused(
      400,
      'illegal_argument_exception',
      `failed to parse setting [${field}] with value [${String(value)}] as a time value`,
    );
}

function getIsmPolicy({ policies }: SearchState, name: string): Answer {
  const policy = policies.get(name);
  if (policy === undefined) throw new Refused(404, 'status_exception', 'Policy not found');
  const { version, body } = policy;
  return {
    status: 200,
    body: {
      _id: name,
      _version: version,
      _seq_no: version - 1,
      _primary_term: 1,
      // As it is given back: with fields and defaults of its own.
      policy: {
        policy_id: name,
        last_updated_time: 1_700_000_000_000 + version,
        schema_version: 21,
        error_notification: null,
        ...body,
      },
    },
  };
}

/** A policy is made without a number, and replaced with the number of the one that is there. */
function putIsmPolicy({ policies }: SearchState, name: string, request: Request): Answer {
  const { policy } = object(parse(request), 'policy', ['policy']);
  checkIsmPolicy(policy);
  const known = policies.get(name);
  const seqNo = request.query.get('if_seq_no');
  const term = request.query.get('if_primary_term');
  const matches = known === undefined ? seqNo === null : seqNo === String(known.version - 1) && term === '1';
  if (!matches)
    throw new Refused(
      409,
      'version_conflict_engine_exception',
      `[${name}]: version conflict, document already exists`,
    );
  const version = (known?.version ?? 0) + 1;
  policies.set(name, { version, body: policy as Record<string, unknown> });
  return {
    status: known === undefined ? 201 : 200,
    body: { _id: name, _version: version, _seq_no: version - 1, _primary_term: 1 },
  };
}

/** What the plugin's own parsers refuse: Policy, State, Transition, Conditions and ISMTemplate of index-management 2.19. */
function checkIsmPolicy(value: unknown): void {
  const policy = object(value, 'Policy', [
    ...['policy_id', 'description', 'last_updated_time', 'schema_version', 'error_notification'],
    ...['default_state', 'states', 'ism_template', 'user'],
  ]);
  for (const field of ['description', 'default_state']) {
    if (typeof policy[field] !== 'string')
      throw new Refused(400, 'illegal_argument_exception', `${field} is null`);
  }
  const states = (policy['states'] as unknown[]).map((state) =>
    object(state, 'State', ['name', 'actions', 'transitions']),
  );
  const names = states.map(({ name }) => name);
  if (!names.includes(policy['default_state']))
    throw new Refused(400, 'illegal_argument_exception', 'the default state is none of the states');
  for (const { actions, transitions } of states) {
    for (const action of actions as unknown[]) object(action, 'Action', ['delete', 'retry', 'timeout']);
    if ((actions as unknown[]).length > 0 && (transitions as unknown[]).length > 0)
      throw new Refused(
        400,
        'illegal_argument_exception',
        'cannot contain transitions if using delete action',
      );
    for (const transition of transitions as unknown[]) {
      const { state_name: next, conditions } = object(transition, 'Transition', ['state_name', 'conditions']);
      if (!names.includes(next))
        throw new Refused(400, 'illegal_argument_exception', 'a transition to no state');
      requireTime(object(conditions, 'Conditions', ['min_index_age'])['min_index_age'], 'min_index_age');
    }
  }
  for (const template of (policy['ism_template'] ?? []) as unknown[]) {
    const { index_patterns: patterns } = object(template, 'ISMTemplate', [
      'index_patterns',
      'priority',
      'last_updated_time',
    ]);
    if (!Array.isArray(patterns) || patterns.length === 0)
      throw new Refused(400, 'illegal_argument_exception', 'Requires at least one index pattern');
  }
}

interface IsmFailure {
  readonly index_name: string;
  readonly index_uuid: string;
  readonly reason: string;
}

function addIsmPolicy({ indices, policies, managed }: SearchState, pattern: string, body: unknown): Answer {
  const { policy_id: policy } = body as { policy_id?: string };
  const found = policy === undefined ? undefined : policies.get(policy);
  if (policy === undefined || found === undefined)
    throw new Refused(404, 'status_exception', `Could not find policy=${String(policy)}`);
  return ismStatus(matching(indices.keys(), pattern), (index) => {
    if (managed.has(index))
      return 'This index already has a policy, use the update policy API to update index policies';
    managed.set(index, { policy, version: found.version });
    return undefined;
  });
}

function changeIsmPolicy(
  { indices, policies, managed }: SearchState,
  pattern: string,
  body: unknown,
): Answer {
  const { policy_id: policy } = object(body, 'ChangePolicy', ['policy_id', 'state', 'include', 'is_safe']);
  const known = policies.get(String(policy));
  if (known === undefined)
    throw new Refused(404, 'status_exception', `Could not find policy=${String(policy)}`);
  const found = matching(indices.keys(), pattern);
  if (found.length === 0)
    throw new Refused(
      400,
      'action_request_validation_exception',
      'Validation Failed: 1: no documents to get;',
    );
  return ismStatus(found, (index) => {
    if (!managed.has(index)) return 'This index is not being managed';
    managed.set(index, { policy: String(policy), version: known.version });
    return undefined;
  });
}

function ismStatus(indices: readonly string[], apply: (index: string) => string | undefined): Answer {
  const failed: IsmFailure[] = indices.flatMap((index) => {
    const reason = apply(index);
    return reason === undefined ? [] : [{ index_name: index, index_uuid: `uuid-of-${index}`, reason }];
  });
  const updated = indices.length - failed.length;
  return {
    status: 200,
    body: { updated_indices: updated, failures: failed.length > 0, failed_indices: failed },
  };
}

function matching(names: Iterable<string>, pattern: string): string[] {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  return [...names].filter((name) => expression.test(name));
}
