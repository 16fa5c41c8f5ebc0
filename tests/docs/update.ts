import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPages } from './pages.ts';

// Entry of `npm run docs:update`.
const root = join(import.meta.dirname, '../..');
rmSync(join(root, 'docs/constructs'), { recursive: true, force: true });
mkdirSync(join(root, 'docs/constructs'), { recursive: true });
for (const [path, text] of renderPages(root)) writeFileSync(join(root, 'docs', path), text);
