import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Identity } from '../workloads/labels.ts';
import { DOCUMENT_ID } from './log-records.ts';
import { requireThat } from '../workloads/requirements.ts';
import { RestrictedJob } from '../workloads/restricted-job.ts';
import { SEARCH_SECRETS, type SearchEndpoint, searchMounts } from './search-endpoint.ts';

export const LOG_INDICES: Identity = { name: 'log-indices', component: 'logging' };

/** A search cluster that is being started, or mended, takes its time. */
const DEADLINE = Duration.minutes(30);
/** How long one attempt waits for it, before the next pod tries. */
const ATTEMPT = Duration.minutes(5);

export const LOG_INDICES_RESOURCES = { cpuMillicores: 50, memory: Size.mebibytes(128) } as const;

export interface LogIndicesProps {
  readonly namespace: string;
  readonly image: string;
  readonly search: SearchEndpoint;
  /** Age at which an index is deleted, with the logs of its day. */
  readonly retention: Duration;
}

/**
 * What the search cluster must know of the logs before the first one comes: how their fields are kept, and for how long.
 * A Job tells it once for each change; the shippers write documents and nothing else.
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
      because: 'an index holds a day, and would go while it is written',
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
 * The composable index template of all log indices, those of refused lines among them. Labels are one flattened field:
 * mapped one by one, `app` and `app.kubernetes.io/name` contradict each other and the second pod's lines are refused.
 */
export function indexTemplate({ product, indexPrefix }: SearchEndpoint): object {
  const labels = { type: product === 'elasticsearch' ? 'flattened' : 'flat_object' };
  return {
    index_patterns: [`${indexPrefix}-*`],
    priority: 500,
    template: {
      // OpenSearch knows no such setting: there the policy names its indices.
      ...(product === 'elasticsearch' && { settings: { 'index.lifecycle.name': indexPrefix } }),
      mappings: {
        dynamic_templates: [
          { strings: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 1024 } } },
        ],
        properties: {
          '@timestamp': { type: 'date_nanos' },
          // Nobody looks for it, and it says nothing that the document's own id does not.
          [DOCUMENT_ID]: { type: 'keyword', index: false, doc_values: false },
          message: { type: 'text' },
          kubernetes: { properties: { labels, namespace_labels: labels, annotations: labels } },
        },
      },
    },
  };
}

/**
 * Deletes an index at an age, counted from its making: ILM's policy for Elasticsearch, ISM's for OpenSearch.
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
