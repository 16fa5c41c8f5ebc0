import type { SearchEndpoint } from '../../../../infra/constructs/logs/search-endpoint.ts';

/** A search cluster behind TLS, as collectors and their Job are given it. */
export const search: SearchEndpoint = {
  product: 'elasticsearch',
  scheme: 'https',
  host: 'search.example.com',
  port: 9200,
  credentialsSecretName: 'search-credentials-v1',
  caSecretName: 'search-ca-v1',
  indexPrefix: 'pods',
};
