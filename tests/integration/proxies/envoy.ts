import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, Progress } from '../../../infra/local/host.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { installPythonPackages } from '../../python-packages.ts';
import { isListening, type ProxyOptions } from './proxy.ts';

/** Fetches Envoy, from its wheel; the directory of the package. */
export function envoyServer(host: Host, progress: Progress): Promise<string> {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  return installPythonPackages({ name: 'envoy', requirements, what: 'Envoy' }, host, progress);
}

/** Envoy as Envoy Gateway configures it for what is rendered: `/upload` is read whole, with a request id that is kept. */
export async function envoy({ host, directory, port, upstreamPort }: ProxyOptions): Promise<ManagedProcess> {
  const packages = await envoyServer(host, (text) => process.stderr.write(`${text}\n`));
  const type = (name: string) => `type.googleapis.com/envoy.${name}`;
  const http = 'extensions.filters.http';
  const route = (match: object, perFilter: object = {}) => ({
    match,
    route: { cluster: 'producer', timeout: '60s' },
    typed_per_filter_config: perFilter,
  });
  const unbuffered = {
    'envoy.filters.http.buffer': { '@type': type(`${http}.buffer.v3.BufferPerRoute`), disabled: true },
  };
  const manager = {
    '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'edge',
    generate_request_id: true,
    preserve_external_request_id: true,
    use_remote_address: true,
    http_filters: [
      {
        name: 'envoy.filters.http.buffer',
        typed_config: { '@type': type(`${http}.buffer.v3.Buffer`), max_request_bytes: 921_600 },
      },
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': type(`${http}.router.v3.Router`) },
      },
    ],
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [route({ path: '/upload' }), route({ prefix: '/' }, unbuffered)],
        },
      ],
    },
  };
  const address = (at: number) => ({ socket_address: { address: '127.0.0.1', port_value: at } });
  const configuration = {
    static_resources: {
      listeners: [
        {
          name: 'http',
          address: address(port),
          filter_chains: [
            { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: 'producer',
          type: 'STATIC',
          load_assignment: {
            cluster_name: 'producer',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] }],
          },
        },
      ],
    },
  };
  const file = join(directory, 'envoy.json');
  await writeFile(file, JSON.stringify(configuration));
  return new ManagedProcess({
    host,
    name: 'envoy',
    directory,
    command: [
      join(packages, 'envoy/_bin/envoy'),
      ...['--config-path', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
    ],
    isReady: () => isListening(port),
  });
}
