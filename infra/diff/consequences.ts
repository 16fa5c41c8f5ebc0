/** Consequences of an applied change, worst first, in the order of the report. */
export const CONSEQUENCES = [
  'data-at-risk',
  'data-deleted-sooner',
  'exposure',
  'rights',
  'recreated',
  'version',
  'capacity',
  'rolling-restart',
  'applied-in-place',
  'nothing',
] as const;

export type Consequence = (typeof CONSEQUENCES)[number];

export const CONSEQUENCE_WORDS: Readonly<Record<Consequence, string>> = {
  'data-at-risk': 'replaced: data at risk',
  'data-deleted-sooner': 'data deleted sooner',
  exposure: 'exposure',
  rights: 'rights',
  recreated: 'recreated',
  version: 'version',
  capacity: 'capacity',
  'rolling-restart': 'rolling restart',
  'applied-in-place': 'applied in place',
  nothing: 'nothing',
};

export function isConsequence(word: string): word is Consequence {
  return CONSEQUENCES.some((consequence) => consequence === word);
}

/** The worst consequence; `nothing` if there is none. */
export function worstOf(consequences: Iterable<Consequence>): Consequence {
  const found = new Set(consequences);
  return CONSEQUENCES.find((consequence) => found.has(consequence)) ?? 'nothing';
}
