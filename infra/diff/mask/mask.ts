import { canonicalText, isMap, prettyText, type Difference, type Path, type Tree } from '../tree.ts';
import { MASK, maskText, type Hide } from './mask-text.ts';
import { isPublicValue, isSecretName } from './secret-names.ts';

/** Replaces a changed secret. */
const CHANGED_MASK = '(masked, changed)';

/** Generic names: the name of their parent describes the value. */
const GENERIC_NAMES = ['value', 'default', 'content', 'literal'];

/**
 * Masks the secrets of a difference. It shows that a secret has changed, but nothing from which the value could be
 * guessed, or recognized in another report.
 */
export function maskDifference(kind: string, { path, before, after }: Difference): Difference {
  if (before === undefined || after === undefined) {
    return {
      path,
      ...(before !== undefined && { before: maskValue(kind, path, before) }),
      ...(after !== undefined && { after: maskValue(kind, path, after) }),
    };
  }
  const known = new Set<string>();
  const masked = maskValue(kind, path, before, (name, secret) => {
    known.add(`${name}\0${secret}`);
    return MASK;
  });
  const changed = maskValue(kind, path, after, (name, secret) =>
    known.has(`${name}\0${secret}`) ? MASK : CHANGED_MASK,
  );
  const isSeen = canonicalText(masked) !== canonicalText(changed);
  return {
    path,
    before: masked,
    after: isSeen ? changed : maskValue(kind, path, after, () => CHANGED_MASK),
  };
}

/** Masks the secrets in the value at a path of an object of the kind. */
export function maskValue(kind: string, path: Path, value: Tree, hide: Hide = () => MASK): Tree {
  const isOfSecret = kind === 'Secret' && (path[0] === 'data' || path[0] === 'stringData');
  if (isMap(value)) {
    const { name = value['key'] } = value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const isNamed = key === 'value' && typeof name === 'string' && typeof inner !== 'object';
        return [key, maskValue(kind, isNamed ? [...path, name, key] : [...path, key], inner, hide)];
      }),
    );
  }
  if (Array.isArray(value)) return maskList(kind, path, value as readonly Tree[], hide);
  if (value === null || typeof value === 'boolean') return value;
  const name = nameOf(path);
  const text = prettyText(value);
  if (isOfSecret) return hide(name, text);
  // An element of a set is its own key, so its name is not a hint.
  if (isSecretName(name) && name !== text) return isPublicValue(text) ? value : hide(name, text);
  return typeof value === 'string' ? maskText(value, hide) : value;
}

/** In the arguments of a command, the argument after an option for a secret is secret. */
function maskList(kind: string, path: Path, list: readonly Tree[], hide: Hide): Tree {
  return list.map((element, at) => {
    const [, option = ''] = /^--?([\w.-]+)$/.exec(prettyText(list[at - 1] ?? '')) ?? [];
    return typeof element === 'string' && isSecretName(option) && !element.startsWith('-')
      ? hide(option, element)
      : maskValue(kind, path, element, hide);
  });
}

/** Returns the name of the value at a path, without the brackets of a list's key. */
function nameOf(path: Path): string {
  const name = path.findLast((key) => !GENERIC_NAMES.includes(key)) ?? '';
  return name.replace(/^\[(.*)\]$/s, '$1');
}
