import type { SearchEndpoint } from './search-endpoint.ts';

/** Format of a log record, whichever program collects it. */

/** How a record of a lane is written in Kafka: `plain` is the line alone, without metadata. */
export type LogCodec = 'json' | 'plain';

/** Field with the document's id, in documents and in records before delivery. */
export const DOCUMENT_ID = 'document_id';

/** Limit of a record's text; a longer text is cut, so that a line without end does not block the others. */
export const MAX_RECORD_BYTES = 128 * 1024;

/**
 * Matches a line that continues the record before it: an indented or empty line, or a cause of a Java exception. Uses
 * the common syntax of Ruby, Go and JavaScript.
 */
export const CONTINUATION = String.raw`^(?:\s|$|Caused by: )`;

/** Indices of the documents that the search cluster rejected for good. */
export function refusedPrefix({ indexPrefix }: Pick<SearchEndpoint, 'indexPrefix'>): string {
  return `${indexPrefix}-refused`;
}
