// The bulk API as Elasticsearch 8 and OpenSearch 2 have it, as far as shippers of logs use it.

/** One document that a bulk request asks to store. */
export interface BulkItem {
  readonly action: 'create' | 'index';
  readonly index: string;
  /** Undefined where the cluster is to choose. */
  readonly id: string | undefined;
  /** Undefined where the line is no JSON object in UTF-8. */
  readonly source: Readonly<Record<string, unknown>> | undefined;
}

/** Why one document of a request is not stored. */
export interface ItemRefusal {
  readonly status: 400 | 403 | 404 | 413 | 429 | 503;
  /** `mapper_parsing_exception`, `es_rejected_execution_exception`, … */
  readonly type: string;
  readonly reason: string;
}

/** The whole request is refused with this status 400; nothing of it is stored. */
export class MalformedBulk extends Error {
  override readonly name = 'MalformedBulk';
}

const LINE_BREAK = 0x0a;
/** What may stand in a line that announces a document. */
const METADATA = new Set(['_index', '_id', 'routing', 'pipeline', 'require_alias', 'op_type']);

/**
 * @param path `/_bulk`, or `/<index>/_bulk`
 * @throws {MalformedBulk}
 */
export function parseBulk(body: Buffer, path: string): BulkItem[] {
  if (body.length === 0) throw new MalformedBulk('request body is required');
  if (body.at(-1) !== LINE_BREAK)
    throw new MalformedBulk('The bulk request must be terminated by a newline [\\n]');
  const lines = splitLines(body);
  const fallback = /^\/([^/]+)\/_bulk$/.exec(path)?.[1];
  const items: BulkItem[] = [];
  for (let line = 0; line < lines.length; line += 2) {
    // Both products pass over an empty line where an action would stand.
    while (lines[line]?.length === 0) line += 1;
    if (line >= lines.length) break;
    const [action, metadata] = readAction(lines[line], line + 1);
    const index = metadata['_index'] ?? (fallback === undefined ? undefined : decodeURIComponent(fallback));
    if (typeof index !== 'string' || !isIndexName(index))
      throw new MalformedBulk(`Invalid index name [${JSON.stringify(index)}]`);
    const { _id: id } = metadata;
    if (id !== undefined && (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > 512))
      throw new MalformedBulk(`id is no text of 1 to 512 bytes: ${JSON.stringify(id)}`);
    const source = lines[line + 1];
    if (source === undefined) throw new MalformedBulk('The bulk request ends in an action without a source');
    items.push({ action, index, id, source: readSource(source) });
  }
  return items;
}

function splitLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(LINE_BREAK, start);
    lines.push(body.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function readAction(
  line: Buffer | undefined,
  number: number,
): [BulkItem['action'], Readonly<Record<string, unknown>>] {
  const object = line === undefined ? undefined : readSource(line);
  const entries = Object.entries(object ?? {});
  const [[action, metadata] = ['', undefined]] = entries;
  if (entries.length !== 1 || (action !== 'create' && action !== 'index') || typeof metadata !== 'object')
    throw new MalformedBulk(`Malformed action/metadata line [${number}], found ${String(line)}`);
  for (const key of Object.keys(metadata ?? {})) {
    if (!METADATA.has(key))
      throw new MalformedBulk(`Action/metadata line [${number}] contains an unknown parameter [${key}]`);
  }
  return [action, (metadata ?? {}) as Readonly<Record<string, unknown>>];
}

function readSource(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** @see https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html */
function isIndexName(name: string): boolean {
  return /^[^A-Z\\/*?"<>| ,#:_+-][^A-Z\\/*?"<>| ,#:]{0,254}$/.test(name) && !['.', '..'].includes(name);
}
