const DEADLINE_MS = 30_000;
const PER_PAGE = 100;
const MOST_PAGES = 30;

/** The API of a code host, with credentials. */
export interface CodeHost {
  /** Base of all paths, without a final slash. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns the JSON of the response. @throws {Error} with the host's message on an error response */
export async function askHost(
  { url, headers }: CodeHost,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${url}/${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} failed with status ${response.status}: ${await response.text()}`);
  return response.json();
}

/** The first matching element of a paginated list; undefined if the first pages have none. */
export async function findInPages<Item>(
  host: CodeHost,
  path: string,
  isIt: (item: Item) => boolean,
): Promise<Item | undefined> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const items = (await askHost(
      host,
      'GET',
      `${path}?per_page=${PER_PAGE}&page=${page}`,
    )) as readonly Item[];
    const found = items.find(isIt);
    if (found !== undefined || items.length < PER_PAGE) return found;
  }
  return undefined;
}
