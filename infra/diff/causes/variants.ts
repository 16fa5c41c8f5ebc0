import { identify, type ManifestObject, type Pair } from '../objects.ts';
import { normalize, readTexts } from '../normalize.ts';
import { canonicalText, valueAt, type Tree } from '../tree.ts';
import type { Finding } from '../changes.ts';
import type { Code, Synthesis } from './checkout-code.ts';
import { applyProperties, type PropertyChange } from './property-changes.ts';

/** Output of an environment with some of the changed properties, or why it does not synthesize. */
export interface Variant {
  readonly objects: ReadonlyMap<string, ManifestObject>;
  readonly synthesis?: Synthesis;
  readonly refusal?: string;
}

/** An environment with any subset of its changed properties; each subset is synthesized once. */
export class Variants {
  readonly #code: Code;
  readonly #start: Tree;
  readonly #properties: readonly PropertyChange[];
  readonly #made = new Map<string, Variant>();

  constructor(code: Code, start: Tree, properties: readonly PropertyChange[]) {
    this.#code = code;
    this.#start = start;
    this.#properties = properties;
  }

  with(changed: readonly PropertyChange[]): Variant {
    const own = this.#properties.filter((property) => changed.includes(property));
    const key = own.map((property) => this.#properties.indexOf(property)).join();
    const variant = this.#made.get(key) ?? this.#synthesize(own);
    this.#made.set(key, variant);
    return variant;
  }

  /** Returns the objects in the order of the synthesis; none if the variant does not synthesize. */
  objectsWith(changed: readonly PropertyChange[]): readonly ManifestObject[] {
    return this.with(changed).synthesis?.objects ?? [];
  }

  #synthesize(changed: readonly PropertyChange[]): Variant {
    try {
      const synthesis = this.#code.synthesize(applyProperties(this.#start, changed));
      return {
        synthesis,
        objects: new Map(synthesis.objects.map((object) => [identify(object), object])),
      };
    } catch (error) {
      return { objects: new Map(), refusal: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Whether a path has the same value in two variants; false if one does not synthesize. */
export function isSameAt(finding: Finding, one: Variant, other: Variant): boolean {
  if (one.refusal !== undefined || other.refusal !== undefined) return false;
  const [left, right] = [one, other].map(({ objects }) => objectAt(finding.pair, objects));
  if (left === right) return true;
  return textAt(finding, left) === textAt(finding, right);
}

function objectAt(
  { before, after }: Pair,
  objects: ReadonlyMap<string, ManifestObject>,
): ManifestObject | undefined {
  const [young, old] = [after, before].map((object) => object && objects.get(identify(object)));
  return young ?? old;
}

function textAt({ difference: { path }, isSpelling }: Finding, object: ManifestObject | undefined): string {
  if (object === undefined) return '';
  if (isSpelling) {
    const found = readTexts(object).find((text) => text.path.join('\0') === path.join('\0'));
    return found?.text ?? '';
  }
  const value: Tree | undefined = path.length === 0 ? normalize(object) : valueAt(normalize(object), path);
  return value === undefined ? '' : canonicalText(value);
}
