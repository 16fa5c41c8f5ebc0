import { askHost, findInPages, type CodeHost } from './code-host.ts';
import { MARKER } from '../render/render-markdown.ts';

/** A GitLab merge request, and the access to its host. */
export interface MergeRequest {
  /** `https://gitlab.example.com/api/v4` */
  readonly apiUrl: string;
  /** Token of a project or a group with the scope `api`. */
  readonly token: string;
  /** Number of the project. */
  readonly project: string;
  /** Number of the merge request within its project. */
  readonly number: number;
  /** The commit of the report; a report of another commit is not written. */
  readonly headCommit: string;
}

/** GitLab's limit for the length of a note. */
export const NOTE_LIMIT = 1_000_000;

/**
 * Writes the report to the merge request: updates the note of an earlier run, or creates one. The text is the same as on
 * GitHub, because GitLab's Markdown has the same tables and folds. Every text of the report is in code, where GitLab reads
 * no mention, no link and no command (`/merge`).
 *
 * @throws {Error} if the text is not a report, the merge request has another head, or the host returns an error
 * @see https://docs.gitlab.com/api/notes/#merge-requests
 */
export async function putNote(merge: MergeRequest, body: string): Promise<'made' | 'edited'> {
  if (!body.startsWith(MARKER)) throw new Error(`the note must begin with ${MARKER}`);
  if (body.length > NOTE_LIMIT) {
    throw new Error(`the note must have at most ${NOTE_LIMIT} characters, got ${body.length}`);
  }
  const host: CodeHost = { url: merge.apiUrl, headers: { 'private-token': merge.token } };
  const path = `projects/${merge.project}/merge_requests/${merge.number}`;
  const { sha } = (await askHost(host, 'GET', path)) as { readonly sha: string };
  if (sha !== merge.headCommit) {
    throw new Error(`merge request ${merge.number} must have the head ${merge.headCommit}, got ${sha}`);
  }
  const { id } = (await askHost(host, 'GET', 'user')) as { readonly id: number };
  const notes = `${path}/notes`;
  // Only updates a note of the token's own user, since anyone can write the marker.
  const known = await findInPages<Note>(
    host,
    notes,
    (note) => !note.system && note.author.id === id && note.body.startsWith(MARKER),
  );
  if (known === undefined) await askHost(host, 'POST', notes, { body });
  else await askHost(host, 'PUT', `${notes}/${known.id}`, { body });
  return known === undefined ? 'made' : 'edited';
}

interface Note {
  readonly id: number;
  readonly body: string;
  /** True for a note that GitLab itself wrote. */
  readonly system: boolean;
  readonly author: { readonly id: number };
}
