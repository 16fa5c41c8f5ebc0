import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from '../../infra/diff/render/render-markdown.ts';
import { pullRequestReport } from '../infra/diff/pull-request.ts';
import { renderPages } from './pages.ts';
import { renderPublicPullRequests } from './public-pull-requests-page.ts';

// Entry of `npm run docs:update`.
const root = join(import.meta.dirname, '../..');
rmSync(join(root, 'docs/constructs'), { recursive: true, force: true });
mkdirSync(join(root, 'docs/constructs'), { recursive: true });
for (const [path, text] of renderPages(root)) writeFileSync(join(root, 'docs', path), text);
writeFileSync(join(root, 'docs/diff/public-pull-requests.md'), renderPublicPullRequests());
writeFileSync(join(root, 'docs/diff/pull-request.md'), renderMarkdown(await pullRequestReport()));
