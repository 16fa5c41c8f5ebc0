import type { ParsedPlugin } from './logstash.ts';

/** What a search cluster answers: to a bulk request as a whole, or of a single document in it. */
export interface SearchResponse {
  readonly to: 'request' | 'document';
  readonly status: number;
}

/** `kept` is in the dead letter queue, from where another pipeline takes it. */
export type Fate = 'stored' | 'sent again' | 'kept' | 'dropped';

/**
 * What becomes of an event, as the plugins' documents and sources have it: no Logstash has run here. It is the same for
 * logstash-output-elasticsearch 12.1.6 and logstash-output-opensearch 1.3.0, but that the second has no
 * `dlq_custom_codes`.
 *
 * @param output of the pipeline
 * @param pipeline its part of `pipelines.yml`
 * @see https://www.elastic.co/docs/reference/logstash/plugins/plugins-outputs-elasticsearch
 */
export function fateOf(
  { to, status }: SearchResponse,
  output: ParsedPlugin,
  pipeline: Readonly<Record<string, unknown>>,
): Fate {
  // A request that is too long is the same as each of its documents, answered so.
  if (to === 'request' && status !== 413) return status === 200 ? 'stored' : 'sent again';
  if ([200, 201].includes(status)) return 'stored';
  if (status === 409) return 'dropped';
  const { dlq_custom_codes: more = [] } = output.settings;
  if (![400, 404, ...(more as readonly number[])].includes(status)) return 'sent again';
  return pipeline['dead_letter_queue.enable'] === true ? 'kept' : 'dropped';
}

/** Bytes above which the plugin begins another request of the same batch. */
export function requestBytes({ name, settings }: ParsedPlugin): number {
  if (name === 'elasticsearch') return 20 * 2 ** 20;
  return Number(settings['target_bulk_bytes'] ?? 9 * 2 ** 20);
}
