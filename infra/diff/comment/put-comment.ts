import { askHost, findInPages, type CodeHost } from './code-host.ts';
import { MARKDOWN_LIMIT, MARKER } from '../render/render-markdown.ts';

/** A pull request, and the access to its host. */
export interface PullRequest {
  /** `https://api.github.com` */
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name` */
  readonly repository: string;
  readonly number: number;
  /** The commit of the report; a report of another commit is not written. */
  readonly headCommit: string;
}

/**
 * Writes the report to the pull request: updates the comment of an earlier run, or creates one. Number and text may
 * come from a fork's run and are not trusted: the head of the pull request must be the commit of the report, and the
 * text must be a report of plausible size.
 *
 * @throws {Error} if the text is not a report, the pull request has another head, or the host returns an error
 */
export async function putComment(pull: PullRequest, body: string): Promise<'made' | 'edited'> {
  if (!body.startsWith(MARKER)) throw new Error(`the comment must begin with ${MARKER}`);
  if (body.length > MARKDOWN_LIMIT) {
    throw new Error(`the comment must have at most ${MARKDOWN_LIMIT} characters, got ${body.length}`);
  }
  const host = hostOf(pull);
  const { head } = (await askHost(host, 'GET', `pulls/${pull.number}`)) as {
    readonly head: { readonly sha: string };
  };
  if (head.sha !== pull.headCommit) {
    throw new Error(`pull request ${pull.number} must have the head ${pull.headCommit}, got ${head.sha}`);
  }
  const comments = `issues/${pull.number}/comments`;
  // Only updates a comment of a bot, since anyone can write the marker.
  const known = await findInPages<Comment>(
    host,
    comments,
    (comment) => comment.user.type === 'Bot' && comment.body.startsWith(MARKER),
  );
  if (known === undefined) await askHost(host, 'POST', comments, { body });
  else await askHost(host, 'PATCH', `issues/comments/${known.id}`, { body });
  return known === undefined ? 'made' : 'edited';
}

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly type: string };
}

function hostOf({ apiUrl, repository, token }: PullRequest): CodeHost {
  return {
    url: `${apiUrl}/repos/${repository}`,
    headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` },
  };
}
