import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { findFreePort } from '../../../infra/local/ports.ts';
import { readCluster, readKubeConfig } from '../../../infra/pulumi/preflight/cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-kubeconfig-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function kubeconfig(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'there', server, skipTLSVerify: server.startsWith('http:') },
    { name: 'me', token: 't' },
  );
  return config;
}

function messageOf(config: KubeConfig): Promise<string> {
  return readCluster(config, { kinds: [], namespaces: ['headwater'] }).then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

test('a cluster that cannot be reached is told in one sentence, with its context, its address and the reason', async () => {
  const server = `http://127.0.0.1:${await findFreePort()}`;
  assert.equal(
    await messageOf(kubeconfig(server)),
    `cluster of context loaded-context (${server}) cannot be reached (ECONNREFUSED): check the context, the VPN, and that the cluster runs`,
  );
  assert.equal(
    await messageOf(kubeconfig('https://cluster.invalid:6443')),
    'cluster of context loaded-context (https://cluster.invalid:6443) cannot be reached (ENOTFOUND): check the context, the VPN, and that the cluster runs',
  );
});

test('a context that there is not is named beside those that there are', () => {
  const path = join(directory, 'config');
  writeFileSync(path, kubeconfig('https://cluster.example:6443').exportConfig());
  const before = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = path;
  try {
    assert.throws(() => readKubeConfig('staging'), {
      message:
        "context: must be one of the kubeconfig's (loaded-context), got staging: KUBECONFIG says which file is read",
    });
    assert.equal(readKubeConfig('loaded-context').getCurrentContext(), 'loaded-context');
  } finally {
    if (before === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = before;
  }
});

test('what else a server answers is told by its status', async () => {
  const server = createServer((_, response) => void response.writeHead(503).end('upstream is gone'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.equal(await messageOf(kubeconfig(url)), `cluster of context loaded-context (${url}) answered 503`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
