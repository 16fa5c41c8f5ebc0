import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The form in which a key is kept and found: its SHA-256 in Base64. A key has 256 random bits, so a salt or a slow hash
 * would add nothing: nobody can try them (docs/decisions/0023).
 */
export function digestOf(key: string): string {
  return hash('sha256', key, 'base64');
}

/** A hash, and behind it anything that a person wants to remember it by. */
const LINE = /^sha256:([\da-f]{64})(?:\s+#.*)?$/;

/**
 * The keys of a file: a line `sha256:` and 64 hexadecimal digits for each, and a comment behind ` #`. Lines that are empty
 * or begin with `#` are skipped: a file of them alone has no key, an empty file is an error.
 *
 * @returns the digest of each
 * @throws Error that names the line, never its content: somebody may have written the key itself
 */
export function parseKeys(content: string): ReadonlySet<string> {
  if (content.trim() === '') throw new Error('is empty: a line that begins with # says that no key is meant');
  const digests = content.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, hex] = LINE.exec(line.trimEnd()) ?? [];
    if (hex === undefined) {
      throw new Error(`line ${index + 1} must be sha256: and 64 digits of 0-9a-f, and may have a # comment`);
    }
    return [Buffer.from(hex, 'hex').toString('base64')];
  });
  return new Set(digests);
}

/** @throws Error that says why the file has no valid content */
export function readKeys(path: string): ReadonlySet<string> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, {
      cause: error,
    });
  }
  return parseKeys(content);
}
