import type { Construct } from 'constructs';
import type { Mount } from '../workloads/mounts.ts';
import { addWarning } from '../workloads/requirements.ts';

/** What a log shipper needs to reach an Elasticsearch or OpenSearch, ours or anyone's. */
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

/** Where the credentials and the certificate authority of a search endpoint are mounted. */
export const SEARCH_SECRETS = { credentials: '/etc/search/credentials', ca: '/etc/search/ca' } as const;

/** The Secrets of a search endpoint, where its configuration looks for them. */
export function searchMounts({ credentialsSecretName, caSecretName }: SearchEndpoint): readonly Mount[] {
  return [
    { kind: 'secret', secretName: credentialsSecretName, path: SEARCH_SECRETS.credentials },
    ...(caSecretName === undefined
      ? []
      : [{ kind: 'secret', secretName: caSecretName, path: SEARCH_SECRETS.ca } as const]),
  ];
}

/** Warns of logs and a password that would cross the network as plain text. */
export function warnOfPlainText(scope: Construct, subject: string, { scheme, host }: SearchEndpoint): void {
  if (scheme === 'http')
    addWarning(scope, `${subject}: ${host} is reached without TLS: logs and password are readable`);
}
