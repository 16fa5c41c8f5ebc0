import {
  type SearchResponse,
  type IndexTemplate,
  matching,
  object,
  parse,
  Refused,
  type Request,
  type SearchProduct,
  type SearchState,
} from './search-state.ts';
import {
  addIsmPolicy,
  changeIsmPolicy,
  getIsmPolicy,
  putIlmPolicy,
  putIsmPolicy,
} from './stand-in-lifecycle.ts';

const VERSIONS = { elasticsearch: '8.19.3', opensearch: '2.19.4' } as const;

/** Answers what is neither a bulk request nor a search. */
export function administer(state: SearchState, request: Request): SearchResponse {
  try {
    return route(state, request);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, type, message: reason } = error;
    return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
  }
}

function route(state: SearchState, request: Request): SearchResponse {
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

function putTemplate({ templates, product }: SearchState, name: string, body: unknown): SearchResponse {
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

function putSettings({ indices, product }: SearchState, pattern: string, request: Request): SearchResponse {
  const settings = flatten(parse(request));
  const found = matching(indices.keys(), pattern);
  if (found.length === 0 && request.query.get('allow_no_indices') !== 'true')
    throw new Refused(404, 'index_not_found_exception', `no such index [${pattern}]`);
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
