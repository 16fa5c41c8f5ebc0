import type { Construct } from 'constructs';
import type { Mount } from '../workloads/mounts.ts';
import { addWarning } from '../workloads/requirements.ts';

/** What a log shipper needs to connect to an Elasticsearch or OpenSearch, ours or an external one. */
export interface SearchEndpoint {
  /** Plugins, images and clients differ between the two. */
  readonly product: 'elasticsearch' | 'opensearch';
  readonly scheme: 'https' | 'http';
  readonly host: string;
  readonly port: number;
  /** Name of the Secret with the keys `username` and `password`. */
  readonly credentialsSecretName: string;
  /** Name of the Secret with the key `ca.crt`. @default - public certificate authorities */
  readonly caSecretName?: string;
  /** Indices are named `<indexPrefix>-<yyyy.MM.dd>`, and the template `<indexPrefix>`. */
  readonly indexPrefix: string;
}

/** Mount paths of the credentials and the certificate authority of a search endpoint. */
export const SEARCH_SECRETS = { credentials: '/etc/search/credentials', ca: '/etc/search/ca' } as const;

/** Mounts the Secrets of a search endpoint at the paths of its configuration. */
export function searchMounts({ credentialsSecretName, caSecretName }: SearchEndpoint): readonly Mount[] {
  return [
    { kind: 'secret', secretName: credentialsSecretName, path: SEARCH_SECRETS.credentials },
    ...(caSecretName === undefined
      ? []
      : [{ kind: 'secret', secretName: caSecretName, path: SEARCH_SECRETS.ca } as const]),
  ];
}

/** Warns if logs and a password would cross the network as plain text. */
export function warnOfPlainText(scope: Construct, subject: string, { scheme, host }: SearchEndpoint): void {
  if (scheme === 'http')
    addWarning(
      scope,
      `${subject}: ${host} is used without TLS: logs and password are readable on the network`,
    );
}
