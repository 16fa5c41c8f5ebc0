import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownImages } from './own-images.ts';

const LINE = /^ARG PATCHED=.*$/m;

/**
 * Writes into every Dockerfile that Debian's patches up to this day are wanted. All tags change by it, so that the images are
 * built anew and the pods take them.
 *
 * @param root The repository.
 * @throws {Error} where a Dockerfile has no such line
 */
export function writePatchDate(root: string, today: Date): void {
  for (const dockerfile of new Set(ownImages.map(([, image]) => image.dockerfile))) {
    const path = join(root, dockerfile);
    const text = readFileSync(path, 'utf8');
    if (!LINE.test(text)) throw new Error(`${dockerfile} must have a line ARG PATCHED=<date>`);
    writeFileSync(path, text.replace(LINE, `ARG PATCHED=${today.toISOString().slice(0, 10)}`));
  }
}
