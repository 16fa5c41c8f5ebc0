// What the Job of the log indices brings to a real search cluster, and what documents that shippers write find there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Duration } from 'cdk8s';
import { SearchClient } from '../../apps/indices/search-client.ts';
import { indexTemplate, lifecyclePolicy } from '../../infra/constructs/logs/log-indices.ts';
import type { SearchEndpoint } from '../../infra/constructs/logs/search-endpoint.ts';
import type { ManagedProcess } from '../../infra/local/managed-process.ts';
import { findFreePort } from '../../infra/local/ports.ts';
import { searchCluster, searchServer } from '../lab/search/search-cluster.ts';

const PROGRAM = join(import.meta.dirname, '../../apps/indices/main.ts');

let directory: string;
let endpoint: string;
let node: ManagedProcess;
let client: SearchClient;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-indices-'));
  endpoint = `http://127.0.0.1:${await findFreePort()}`;
  const server = await searchServer(process, () => undefined);
  node = searchCluster({ host: process, server, directory, endpoint });
  await node.start();
  client = new SearchClient({ endpoint: new URL(endpoint), username: 'x', password: 'x', ca: undefined });
  for (const name of ['username', 'password']) await writeFile(join(directory, name), 'x');
});

after(async () => {
  await node.stop();
  await rm(directory, { recursive: true, force: true });
});

function endpointFor(product: SearchEndpoint['product'], indexPrefix: string): SearchEndpoint {
  return { product, scheme: 'http', host: 'x', port: 9200, credentialsSecretName: 'x-v1', indexPrefix };
}

/** Runs the program as the Job does, for the product that this cluster says it is. */
async function runJob(indexPrefix: string, days: number): Promise<{ code: number; output: string }> {
  const search = endpointFor('elasticsearch', indexPrefix);
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      SEARCH_PRODUCT: search.product,
      SEARCH_ENDPOINT: endpoint,
      SEARCH_USERNAME_FILE: join(directory, 'username'),
      SEARCH_PASSWORD_FILE: join(directory, 'password'),
      INDEX_PREFIX: indexPrefix,
      INDEX_TEMPLATE: JSON.stringify(indexTemplate(search)),
      LIFECYCLE_POLICY: JSON.stringify(lifecyclePolicy(search, Duration.days(days))),
      DEADLINE_MS: '20000',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

async function write(index: string, source: object): Promise<void> {
  await client.send('POST', `/${index}/_doc?refresh=true`, { ...source });
}

/** The type of a field in an index. */
async function typeOf(index: string, ...fields: string[]): Promise<unknown> {
  const { [index]: found } = await client.send('GET', `/${index}/_mapping`);
  const { mappings } = found as { mappings: { properties: Record<string, unknown> } };
  let field: unknown = mappings;
  for (const name of fields) field = (field as { properties: Record<string, unknown> }).properties[name];
  return (field as { type?: string } | undefined)?.type;
}

test('an index that a shipper makes afterwards keeps labels flat, and names its policy', async () => {
  const { code, output } = await runJob('later', 30);
  assert.equal(code, 0, output);
  await write('later-2026.11.30', { message: 'one', kubernetes: { labels: { app: 'a' } } });
  // Mapped one by one, the second pod's labels would contradict the first one's.
  await write('later-2026.11.30', {
    message: 'two',
    kubernetes: { labels: { app: { 'kubernetes.io/name': 'b' } } },
  });
  assert.equal(await typeOf('later-2026.11.30', 'message'), 'text');
  assert.notEqual(await typeOf('later-2026.11.30', 'kubernetes', 'labels'), undefined);
  const settings = await client.send('GET', '/later-2026.11.30/_settings?flat_settings=true');
  assert.equal(
    (settings['later-2026.11.30'] as { settings: Record<string, string> }).settings['index.lifecycle.name'],
    'later',
  );
});

test('an index that is there is given the policy, and the same again changes nothing but the age', async () => {
  await write('earlier-2026.11.29', { message: 'one' });
  for (const days of [30, 14]) {
    const { code, output } = await runJob('earlier', days);
    assert.equal(code, 0, output);
  }
  const settings = await client.send('GET', '/earlier-2026.11.29/_settings?flat_settings=true');
  assert.equal(
    (settings['earlier-2026.11.29'] as { settings: Record<string, string> }).settings['index.lifecycle.name'],
    'earlier',
  );
  const { earlier } = await client.send('GET', '/_ilm/policy/earlier');
  assert.match(JSON.stringify(earlier), /"min_age":"336h"/);
});

test('OpenSearch takes the template in its own words, and keeps what was refused as text', async () => {
  const template = indexTemplate(endpointFor('opensearch', 'own'));
  await client.send('PUT', '/_index_template/own', { ...template });
  await write('own-2026.11.30', { message: 'one', document_id: 'x', kubernetes: { labels: { app: 'a' } } });
  assert.equal(await typeOf('own-2026.11.30', 'kubernetes', 'labels'), 'flat_object');
  await write('own-refused-2026.11.30', { message: '{"x":1}', error: { message: 'no', type: 400 } });
  assert.equal(await typeOf('own-refused-2026.11.30', 'message'), 'text');
});
