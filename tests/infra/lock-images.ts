import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownTags } from '../../infra/lock-images.ts';

// Entry of `npm run manifests:update`: the manifests name these tags, so they are written first.
const root = join(import.meta.dirname, '../..');
const path = join(root, 'infra/images.lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as object;
writeFileSync(path, `${JSON.stringify({ ...lock, own: ownTags(root) }, null, 2)}\n`);
