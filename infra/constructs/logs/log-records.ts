import type { SearchEndpoint } from './search-endpoint.ts';

/** What a record of a log is, whichever program collects it. */

/** How a record of a lane is written in Kafka: `plain` is the line alone, without metadata. */
export type LogCodec = 'json' | 'plain';

/** Field of a document, and of a record on its way, that holds the document's id. */
export const DOCUMENT_ID = 'document_id';

/** Bytes of a record's text. What is longer is cut: one line without end must not hold back all others. */
export const MAX_RECORD_BYTES = 128 * 1024;

/**
 * A line that goes on with the record before it: what is indented or empty, and the causes of a Java exception. In the
 * syntax that Ruby, Go and JavaScript share.
 */
export const CONTINUATION = String.raw`^(?:\s|$|Caused by: )`;

/** Indices of what the search cluster refused for good. */
export function refusedPrefix({ indexPrefix }: Pick<SearchEndpoint, 'indexPrefix'>): string {
  return `${indexPrefix}-refused`;
}
