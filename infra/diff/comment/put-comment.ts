import { MARKDOWN_LIMIT, MARKER } from '../render/render-markdown.ts';

/** The pull request that gets the comment, and how its host is asked. */
export interface PullRequest {
  /** `https://api.github.com` */
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name` */
  readonly repository: string;
  readonly number: number;
  /** The commit that was judged: a report of another one is not written. */
  readonly headCommit: string;
}

const PER_PAGE = 100;
const MOST_PAGES = 30;

/**
 * Writes the report to the pull request: into its own comment of an earlier run where there is one, else as a new one.
 * The number and the text may come from a fork's run, so neither is believed: the pull request must have the commit that
 * was judged for its head, and the text must be a report of the size of one.
 *
 * @throws {Error} where the text is no report, the pull request has another head, or the host refuses
 */
export async function putComment(pull: PullRequest, body: string): Promise<'made' | 'edited'> {
  if (!body.startsWith(MARKER)) throw new Error(`the comment must begin with ${MARKER}`);
  if (body.length > MARKDOWN_LIMIT) {
    throw new Error(`the comment must have at most ${MARKDOWN_LIMIT} characters, got ${body.length}`);
  }
  const { head } = (await ask(pull, 'GET', `pulls/${pull.number}`)) as {
    readonly head: { readonly sha: string };
  };
  if (head.sha !== pull.headCommit) {
    throw new Error(`pull request ${pull.number} must have the head ${pull.headCommit}, got ${head.sha}`);
  }
  const known = await findComment(pull);
  if (known === undefined) await ask(pull, 'POST', `issues/${pull.number}/comments`, { body });
  else await ask(pull, 'PATCH', `issues/comments/${known}`, { body });
  return known === undefined ? 'made' : 'edited';
}

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly type: string };
}

/** Only a comment of a bot is ours: anybody can write the marker. */
async function findComment(pull: PullRequest): Promise<number | undefined> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const path = `issues/${pull.number}/comments?per_page=${PER_PAGE}&page=${page}`;
    const comments = (await ask(pull, 'GET', path)) as readonly Comment[];
    const own = comments.find(({ body, user }) => user.type === 'Bot' && body.startsWith(MARKER));
    if (own !== undefined) return own.id;
    if (comments.length < PER_PAGE) return undefined;
  }
  return undefined;
}

async function ask(
  { apiUrl, repository, token }: PullRequest,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${apiUrl}/repos/${repository}/${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`);
  return response.json();
}
