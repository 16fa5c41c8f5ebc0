import { MARKER } from '../render/render-markdown.ts';

/** The merge request of GitLab that gets the note, and how its host is asked. */
export interface MergeRequest {
  /** `https://gitlab.example.com/api/v4` */
  readonly apiUrl: string;
  /** Of a project or group, with the scope `api`. */
  readonly token: string;
  /** Its number. */
  readonly project: string;
  /** Of the merge request within its project. */
  readonly number: number;
  /** The commit that was judged: a report of another one is not written. */
  readonly headCommit: string;
}

/** GitLab refuses a note of more characters. */
export const NOTE_LIMIT = 1_000_000;

const PER_PAGE = 100;
const MOST_PAGES = 30;

/**
 * Writes the report to the merge request, into the note of an earlier run where there is one. What is written is what a pull
 * request of GitHub gets: GitLab's Markdown folds and tabulates alike, and looks for mentions, links and its own commands (`/merge`)
 * outside of code only, in which every text of the report stands.
 *
 * @throws {Error} where the text is no report, the merge request has another head, or the host refuses
 * @see https://docs.gitlab.com/api/notes/#merge-requests
 */
export async function putNote(merge: MergeRequest, body: string): Promise<'made' | 'edited'> {
  if (!body.startsWith(MARKER)) throw new Error(`the note must begin with ${MARKER}`);
  if (body.length > NOTE_LIMIT) {
    throw new Error(`the note must have at most ${NOTE_LIMIT} characters, got ${body.length}`);
  }
  const { sha } = (await ask(merge, 'GET', '')) as { readonly sha: string };
  if (sha !== merge.headCommit) {
    throw new Error(`merge request ${merge.number} must have the head ${merge.headCommit}, got ${sha}`);
  }
  const known = await findNote(merge);
  if (known === undefined) await ask(merge, 'POST', '/notes', { body });
  else await ask(merge, 'PUT', `/notes/${known}`, { body });
  return known === undefined ? 'made' : 'edited';
}

interface Note {
  readonly id: number;
  readonly body: string;
  /** Written by GitLab itself. */
  readonly system: boolean;
  readonly author: { readonly id: number };
}

/** Only a note of the token's own user is ours: anybody can write the marker. */
async function findNote(merge: MergeRequest): Promise<number | undefined> {
  const { id } = (await askHost(merge, 'GET', 'user')) as { readonly id: number };
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const notes = (await ask(merge, 'GET', `/notes?per_page=${PER_PAGE}&page=${page}`)) as readonly Note[];
    const own = notes.find(
      ({ author, system, body }) => !system && author.id === id && body.startsWith(MARKER),
    );
    if (own !== undefined) return own.id;
    if (notes.length < PER_PAGE) return undefined;
  }
  return undefined;
}

function ask(merge: MergeRequest, method: string, path: string, body?: object): Promise<unknown> {
  return askHost(merge, method, `projects/${merge.project}/merge_requests/${merge.number}${path}`, body);
}

async function askHost(
  { apiUrl, token }: MergeRequest,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${apiUrl}/${path}`, {
    method,
    headers: { 'private-token': token, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`);
  return response.json();
}
