import { readFileSync, writeFileSync } from 'node:fs';
import type { Certificate } from './certificates.ts';

export interface Kubeconfig {
  readonly path: string;
  /** URL of the API server. */
  readonly server: string;
  /** Path of the authority's certificate. */
  readonly authority: string;
  readonly client: Certificate;
}

/** Writes a kubeconfig that needs no other file, readable by its owner alone. */
export function writeKubeconfig({ path, server, authority, client }: Kubeconfig): void {
  const base64 = (file: string): string => readFileSync(file).toString('base64');
  const name = 'lab';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(client.certificate),
          'client-key-data': base64(client.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
