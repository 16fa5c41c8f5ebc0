import { createHash } from 'node:crypto';
import { canonicalText, isMap, type Difference, type Path, type Tree } from './tree.ts';

/** Names whose values are secret, unless they say where the secret is. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|token|api[-_.]?key|private[-_.]?key|credential|jaas\.config/i;
const PLACE = /(name|file|path|ref|refs|secretname|location|_url)\]?$/i;

/** What stands in a text that is secret wherever it stands. */
const SECRETS_IN_TEXT: readonly [RegExp, string][] = [
  [/(\/\/)[^/\s@"']+@/g, '$1(masked)@'],
  [/\b(password|secret)=("[^"]*"|'[^']*'|[^\s,;]+)/gi, '$1=(masked)'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '(masked)'],
  [/\bAKIA[0-9A-Z]{16}\b/g, '(masked)'],
];

/** The difference without what is secret. Values that differ still look different. */
export function maskDifference(kind: string, difference: Difference): Difference {
  const mask = (value: Tree | undefined, other: Tree | undefined): Tree | undefined => {
    if (value === undefined) return undefined;
    const masked = maskValue(kind, difference.path, value);
    const same =
      other !== undefined && canonicalText(masked) === canonicalText(maskValue(kind, difference.path, other));
    return same && typeof masked === 'string' ? `${masked} ${fingerprint(value)}` : masked;
  };
  const before = mask(difference.before, difference.after);
  const after = mask(difference.after, difference.before);
  return {
    path: difference.path,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** A salted mark: enough to see that two secrets differ in one report, nothing to guess them by. */
const SALT = crypto.randomUUID();
function fingerprint(value: Tree): string {
  return `#${createHash('sha256').update(SALT).update(canonicalText(value)).digest('hex').slice(0, 4)}`;
}

export function maskValue(kind: string, path: Path, value: Tree): Tree {
  if (kind === 'Secret' && (path[0] === 'data' || path[0] === 'stringData')) return hideAll(value);
  if (isMap(value)) {
    const name = value['name'];
    const hidesValue = typeof name === 'string' && isSecretName(name) && typeof value['value'] === 'string';
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        hidesValue && key === 'value' ? '(masked)' : maskValue(kind, [...path, key], inner),
      ]),
    );
  }
  if (Array.isArray(value)) return (value as readonly Tree[]).map((inner) => maskValue(kind, path, inner));
  if (typeof value !== 'string') return value;
  const name = path.at(-1) === 'value' ? path.at(-2) : path.at(-1);
  return isSecretName(name ?? '') ? '(masked)' : maskText(value);
}

/** A text of any origin without what looks secret in it. */
export function maskText(text: string): string {
  return SECRETS_IN_TEXT.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
}

function hideAll(value: Tree): Tree {
  if (!isMap(value)) return '(masked)';
  return Object.fromEntries(Object.keys(value).map((key) => [key, '(masked)']));
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PLACE.test(name) && !/^\[.*\.(json|ya?ml|conf|properties)\]$/.test(name);
}
