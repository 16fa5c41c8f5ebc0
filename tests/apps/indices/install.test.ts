import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Duration } from 'cdk8s';
import type { IndicesConfig } from '../../../apps/indices/config.ts';
import { install } from '../../../apps/indices/install.ts';
import { SearchClient } from '../../../apps/indices/search-client.ts';
import { createLog } from '../../../apps/service/log.ts';
import { indexTemplate, lifecyclePolicy } from '../../../infra/constructs/logs/log-indices.ts';
import type { SearchEndpoint } from '../../../infra/constructs/logs/search-endpoint.ts';
import type { SearchProduct } from '../../search/search-state.ts';
import { StandInSearch } from '../../search/stand-in-search.ts';

const log = createLog('indices', 'silent');

/** What the Job is told for an age, as the manifests render it. */
function declared(
  product: SearchProduct,
  days: number,
): Pick<IndicesConfig, 'prefix' | 'product' | 'template' | 'policy'> {
  const search: SearchEndpoint = {
    product,
    scheme: 'http',
    host: 'search',
    port: 9200,
    credentialsSecretName: 'search-v1',
    indexPrefix: 'pods',
  };
  return {
    product,
    prefix: 'pods',
    template: indexTemplate(search) as IndicesConfig['template'],
    policy: lifecyclePolicy(search, Duration.days(days)) as IndicesConfig['policy'],
  };
}

interface Fixture {
  readonly search: StandInSearch;
  readonly installFor: (days: number, password?: string) => Promise<void>;
  /** Makes an index as the first document of a day does. */
  readonly write: (index: string) => Promise<void>;
}

async function fixture(t: TestContext, product: SearchProduct): Promise<Fixture> {
  const search = await StandInSearch.start({ product });
  t.after(() => search.close());
  const { username, password: own } = search.login;
  const client = (password = own) =>
    new SearchClient({ endpoint: new URL(search.endpoint), username, password, ca: undefined });
  return {
    search,
    installFor: (days, password) =>
      install(client(password), declared(product, days), { deadlineMs: 60_000, log }),
    write: async (index) => {
      const response = await fetch(`${search.endpoint}/_bulk`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${username}:${own}`)}` },
        body: `{"create":{"_index":"${index}"}}\n{"message":"x"}\n`,
      });
      assert.equal(response.status, 200);
    },
  };
}

test('Elasticsearch has the policy before the template that names it, and every index has it', async (t) => {
  const { search, installFor, write } = await fixture(t, 'elasticsearch');
  await write('pods-2026.11.29');
  await installFor(30);
  assert.deepEqual(search.otherRequests, [
    'PUT /_ilm/policy/pods',
    'PUT /_index_template/pods',
    'PUT /pods-*/_settings',
  ]);
  const { templates, policies, indices } = search.state;
  assert.deepEqual(policies.get('pods')?.body, {
    phases: { hot: { actions: {} }, delete: { min_age: '720h', actions: { delete: {} } } },
  });
  assert.deepEqual(templates.get('pods')?.template['settings'], { 'index.lifecycle.name': 'pods' });
  assert.deepEqual(indices.get('pods-2026.11.29')?.settings, { 'index.lifecycle.name': 'pods' });
});

test('OpenSearch has a policy that names its indices, and those that are there are given it', async (t) => {
  const { search, installFor, write } = await fixture(t, 'opensearch');
  await write('pods-2026.11.29');
  await write('others-2026.11.29');
  await installFor(30);
  const { templates, policies, managed } = search.state;
  assert.deepEqual(policies.get('pods')?.body['ism_template'], [
    { index_patterns: ['pods-*'], priority: 500 },
  ]);
  assert.deepEqual(templates.get('pods')?.template['settings'], {});
  assert.deepEqual([...managed], [['pods-2026.11.29', { policy: 'pods', version: 1 }]]);
});

for (const product of ['elasticsearch', 'opensearch'] as const) {
  test(`${product}: with no index there, and the same again`, async (t) => {
    const { search, installFor } = await fixture(t, product);
    await installFor(30);
    await installFor(30);
    assert.equal(search.state.templates.size, 1);
    assert.equal(search.state.policies.size, 1);
  });

  test(`${product}: a cluster that does not answer yet is waited for`, async (t) => {
    const { search, installFor } = await fixture(t, product);
    search.refuseOthers(503, 2);
    await installFor(30);
    assert.equal(search.state.templates.size, 1);
  });

  test(`${product}: a login that is refused is said at once, with the answer`, async (t) => {
    const { installFor } = await fixture(t, product);
    await assert.rejects(installFor(30, 'wrong'), /was answered 401: .*security_exception/);
  });
}

test('OpenSearch: a changed age reaches the indices that are there, which keep a copy of their policy', async (t) => {
  const { search, installFor, write } = await fixture(t, 'opensearch');
  await write('pods-2026.11.29');
  await installFor(30);
  await write('pods-2026.11.30');
  await installFor(14);
  assert.deepEqual(
    [...search.state.managed].map(([index, { version }]) => [index, version]),
    [
      ['pods-2026.11.29', 2],
      ['pods-2026.11.30', 2],
    ],
  );
});
