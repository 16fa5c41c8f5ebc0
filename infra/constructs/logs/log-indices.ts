import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Identity } from '../workloads/labels.ts';
import { DOCUMENT_ID } from './log-records.ts';
import { requireThat } from '../workloads/requirements.ts';
import { RestrictedJob } from '../workloads/restricted-job.ts';
import { SEARCH_SECRETS, type SearchEndpoint, searchMounts } from './search-endpoint.ts';

export const LOG_INDICES: Identity = { name: 'log-indices', component: 'logging' };

/** A search cluster takes long to start or to recover. */
const DEADLINE = Duration.minutes(30);
/** How long one attempt waits for the cluster before the next pod retries. */
const ATTEMPT = Duration.minutes(5);

export const LOG_INDICES_RESOURCES = { cpuMillicores: 50, memory: Size.mebibytes(128) } as const;

export interface LogIndicesProps {
  readonly namespace: string;
  readonly image: string;
  readonly search: SearchEndpoint;
  /** Age at which an index is deleted. */
  readonly retention: Duration;
}

/**
 * Installs how the search cluster maps the fields of logs, and how long it keeps them, before the first document
 * arrives. A Job does it once for each change; the shippers only write documents.
 */
export class LogIndices extends Construct {
  constructor(scope: Construct, id: string, props: LogIndicesProps) {
    super(scope, id);
    const { namespace, image, search, retention } = props;

    requireThat(this, retention.toHours({ integral: false }) >= 24, {
      subject: LOG_INDICES.name,
      property: 'retention',
      value: retention.toHumanString(),
      allowed: 'at least 1 day',
      because: 'an index holds one day, and would be deleted while it is written',
    });
    new RestrictedJob(this, 'Job', {
      name: LOG_INDICES.name,
      namespace,
      identity: LOG_INDICES,
      image,
      command: ['node', 'apps/indices/main.ts'],
      variables: {
        DEADLINE_MS: String(ATTEMPT.toMilliseconds()),
        INDEX_PREFIX: search.indexPrefix,
        INDEX_TEMPLATE: JSON.stringify(indexTemplate(search)),
        LIFECYCLE_POLICY: JSON.stringify(lifecyclePolicy(search, retention)),
        ...(search.caSecretName !== undefined && { SEARCH_CA_FILE: `${SEARCH_SECRETS.ca}/ca.crt` }),
        SEARCH_ENDPOINT: `${search.scheme}://${search.host}:${search.port}`,
        SEARCH_PASSWORD_FILE: `${SEARCH_SECRETS.credentials}/password`,
        SEARCH_PRODUCT: search.product,
        SEARCH_USERNAME_FILE: `${SEARCH_SECRETS.credentials}/username`,
      },
      mounts: searchMounts(search),
      resources: LOG_INDICES_RESOURCES,
      deadline: DEADLINE,
    });
  }
}

/**
 * The composable index template of all log indices, including the index of rejected lines. Labels are one flattened
 * field: as separate fields, `app` and `app.kubernetes.io/name` conflict, and the lines of the second pod would be
 * rejected.
 */
export function indexTemplate({ product, indexPrefix }: SearchEndpoint): object {
  const labels = { type: product === 'elasticsearch' ? 'flattened' : 'flat_object' };
  return {
    index_patterns: [`${indexPrefix}-*`],
    priority: 500,
    template: {
      // OpenSearch has no such setting: its policy names the indices.
      ...(product === 'elasticsearch' && { settings: { 'index.lifecycle.name': indexPrefix } }),
      mappings: {
        dynamic_templates: [
          { strings: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 1024 } } },
        ],
        properties: {
          '@timestamp': { type: 'date_nanos' },
          // Not searched, and redundant with the document's own id.
          [DOCUMENT_ID]: { type: 'keyword', index: false, doc_values: false },
          message: { type: 'text' },
          kubernetes: { properties: { labels, namespace_labels: labels, annotations: labels } },
        },
      },
    },
  };
}

/**
 * Deletes an index at an age, counted from its creation: a policy of ILM for Elasticsearch, of ISM for OpenSearch.
 *
 * @see https://www.elastic.co/guide/en/elasticsearch/reference/8.19/ilm-put-lifecycle.html
 * @see https://docs.opensearch.org/2.19/im-plugin/ism/policies/
 */
export function lifecyclePolicy({ product, indexPrefix }: SearchEndpoint, retention: Duration): object {
  const age = `${retention.toHours({ integral: false })}h`;
  if (product === 'elasticsearch') {
    return { phases: { hot: { actions: {} }, delete: { min_age: age, actions: { delete: {} } } } };
  }
  return {
    description: `Deletes indices ${indexPrefix}-* at the age of ${age}`,
    default_state: 'kept',
    states: [
      {
        name: 'kept',
        actions: [],
        transitions: [{ state_name: 'deleted', conditions: { min_index_age: age } }],
      },
      { name: 'deleted', actions: [{ delete: {} }], transitions: [] },
    ],
    ism_template: [{ index_patterns: [`${indexPrefix}-*`], priority: 500 }],
  };
}
