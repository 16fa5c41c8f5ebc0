import { CONSEQUENCE_WORDS } from '../../infra/diff/consequences.ts';
import {
  publicPullRequests,
  type PublicPullRequest,
} from '../infra/diff/public-pull-requests/public-pull-requests.ts';
import { tellPublicPullRequest } from '../infra/diff/public-pull-requests/tell-public-pull-request.ts';

/** `docs/diff/public-pull-requests.md`: ten threads of others, and what the diff says of the same change here. */
export function renderPublicPullRequests(): string {
  return `# Ten public pull requests, made here

<!-- made from tests/infra/diff/public-pull-requests by npm run docs:update -->

Public pull requests of Kafka charts and operators, repeated by hand in \`production\`. Each section says in our words what the thread asked to
document, as far as we could read the thread; the request did not always come from a reviewer. Below it is the output of the diff for the same
change, word for word, worst cause first. A test checks that the first sentence answers the thread.

${publicPullRequests.map(section).join('\n')}`;
}

function section(pull: PublicPullRequest): string {
  const { name, did, wanted, also, before, change } = pull;
  const links = [name, ...(also === undefined ? [] : [also])].map(link).join(', ');
  const from = before === undefined ? '' : `, from ${values(before)}`;
  const told = tellPublicPullRequest(pull).map(({ consequence, changes, sentence }) => {
    const badge = changes.length === 0 ? '' : `**${CONSEQUENCE_WORDS[consequence]}** `;
    return `> ${badge}${sentence.replaceAll('<', '&lt;')}\n`;
  });
  return `## ${name}

It ${did} (${links}). The thread asked to document, by ${wanted}.

Made here as ${values(change)}${from}:

${told.join('>\n')}`;
}

function values(changes: Readonly<Record<string, unknown>>): string {
  return Object.entries(changes)
    .map(([path, value]) => `\`${path}: ${typeof value === 'string' ? value : JSON.stringify(value)}\``)
    .join(', ');
}

function link(name: string): string {
  const [repository = '', number = ''] = name.split('#');
  return `[${name}](https://github.com/${repository}/issues/${number})`;
}
