/** Every kind of violation, and the invariant that it violates. */
const INVARIANTS = {
  missing: 'I1',
  misplaced: 'I1',
  'refused-but-stored': 'I2',
  'never-sent': 'I3',
  altered: 'I4',
  unreadable: 'I4',
  gap: 'I5',
  overlap: 'I5',
  'duplicate-offset': 'I5',
  'offset-out-of-place': 'I5',
  'bad-end': 'I5',
  'after-close': 'I5',
  'metadata-mismatch': 'I5',
  'layout-mismatch': 'I5',
  'early-commit': 'I6',
  'duplicate-attempt': 'I7',
} as const;

export type ViolationName = keyof typeof INVARIANTS;

/** One kind of violation: its count and first examples. */
export interface Violation {
  readonly name: ViolationName;
  readonly invariant: (typeof INVARIANTS)[ViolationName];
  readonly count: number;
  readonly examples: readonly string[];
}

const EXAMPLES = 10;

/** Collects violations by name, with the first {@link EXAMPLES} cases of each, so that memory stays bounded. */
export class Findings {
  readonly #byName = new Map<ViolationName, { count: number; examples: string[] }>();

  add(name: ViolationName, example: string): void {
    const found = this.#byName.get(name) ?? { count: 0, examples: [] };
    found.count += 1;
    if (found.examples.length < EXAMPLES) found.examples.push(example);
    this.#byName.set(name, found);
  }

  count(name: ViolationName): number {
    return this.#byName.get(name)?.count ?? 0;
  }

  list(): Violation[] {
    return [...this.#byName]
      .map(([name, { count, examples }]) => ({ name, invariant: INVARIANTS[name], count, examples }))
      .sort((a, b) => a.invariant.localeCompare(b.invariant) || a.name.localeCompare(b.name));
  }
}
