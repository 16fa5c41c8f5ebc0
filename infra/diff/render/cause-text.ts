import type { AloneEffect, Cause } from '../causes/cause.ts';
import type { Cost } from '../causes/costs.ts';
import type { Change } from '../changes.ts';
import { CONSEQUENCE_WORDS, CONSEQUENCES, worstOf, type Consequence } from '../consequences.ts';
import { restartText, type Report } from '../report.ts';
import { RULES } from '../rules/rules.ts';
import { joinSentences, sentenceOf } from '../sentences/sentences.ts';
import { valueText, type Sentence } from '../sentences/sentence-rule.ts';

/** A cause with its changes and its text, for every format. */
export interface ToldCause {
  readonly cause: Cause;
  readonly consequence: Consequence;
  readonly changes: readonly Change[];
  /** Environments and change, then restarts, costs and the way back. */
  readonly clauses: readonly Sentence[];
}

/** Joins all clauses to one sentence. */
export function wholeSentence({ clauses }: ToldCause): Sentence {
  return joinSentences(clauses, '; ');
}

/** Returns every cause with its changes and its text, worst first. */
export function tellCauses({ causes, changes }: Report): readonly ToldCause[] {
  const told = causes.map((cause): ToldCause => {
    const own = changes.filter((change) => change.cause === cause.id);
    const consequence = worstOf(own.map((change) => change.consequence));
    return { cause, consequence, changes: own, clauses: tell(cause, own, consequence) };
  });
  return told.sort((a, b) => rank(a) - rank(b));
}

/** Returns the changes whose cause is missing in the report. */
export function changesWithoutCause({ causes, changes }: Report): readonly Change[] {
  const known = new Set(causes.map(({ id }) => id));
  return changes.filter(({ cause }) => cause === undefined || !known.has(cause));
}

/** Returns each source line once, as `infra/environments/production.ts:37`. */
export function linesOf({ effects }: Cause): readonly string[] {
  const places = Object.values(effects).flatMap(({ lines = [] }) => lines);
  return [...new Set(places.map(({ file, line }) => `${file}:${line}`))];
}

/** Sorts a cause without changes last. */
function rank({ consequence, changes }: ToldCause): number {
  return changes.length === 0 ? CONSEQUENCES.length : CONSEQUENCES.indexOf(consequence);
}

/** Writes the clauses of a cause: environments and change, restarts, costs, effects alone, the way back. */
function tell(cause: Cause, changes: readonly Change[], consequence: Consequence): readonly Sentence[] {
  const environments = cause.environments.map((environment) => ({ environment }));
  const clauses: Sentence[] = [[...listOf(environments), ': ', ...sentenceOf(cause)]];
  if (changes.length === 0) clauses.push(['no manifest changes']);
  const restarts = byEnvironment(cause, (environment) => [
    ...new Set(changes.flatMap((change) => (change.restarts[environment] ?? []).map(restartText))),
  ]);
  if (restarts.length > 0) clauses.push(['restarts ', ...listOf(restarts)]);
  const costs = byEnvironment(cause, (environment) =>
    (cause.effects[environment]?.costs ?? []).map(costText),
  );
  clauses.push(...costs.map((cost) => [cost]));
  clauses.push(...aloneClauses(cause, consequence));
  const isLost = consequence === 'data-at-risk' || consequence === 'data-deleted-sooner';
  const ways = waysBack(cause);
  if (ways.length > 0) clauses.push(...ways);
  if (ways.length > 0 && isLost) clauses.push(['data lost until then do not come back']);
  return clauses;
}

function waysBack(cause: Cause): readonly Sentence[] {
  const seen = new Map<string, string[]>();
  for (const [environment, { back }] of Object.entries(cause.effects)) {
    if (back === undefined) continue;
    const key = `${back.consequence} ${back.rule}`;
    seen.set(key, [...(seen.get(key) ?? []), environment]);
  }
  return [...seen].map(([key, environments]) => {
    const [consequence = 'nothing', rule = ''] = key.split(' ');
    const why = RULES.find(({ id }) => id === rule)?.why;
    const values = cause.properties.flatMap(({ path, before }) => [
      ', ',
      { value: `${path}: ${valueText(path, before)}` },
    ]);
    return [
      'the way back is ',
      ...values.slice(1),
      ` (${CONSEQUENCE_WORDS[consequence as Consequence]}${why === undefined ? '' : `: ${why}`}`,
      ...(seen.size > 1 ? ['; ', ...listOf(environments.map((environment) => ({ environment })))] : []),
      ')',
    ];
  });
}

/** Writes the effect of each property alone; one clause for the environments with the same effects. */
function aloneClauses(
  { environments, effects, properties }: Cause,
  together: Consequence,
): readonly Sentence[] {
  const seen = new Map<string, { readonly said: Sentence; readonly places: string[] }>();
  for (const environment of environments) {
    const { alone } = effects[environment] ?? {};
    if (alone === undefined) continue;
    const key = JSON.stringify(alone);
    const known = seen.get(key) ?? { said: joinSentences(alone.map(aloneSentence), ' and '), places: [] };
    known.places.push(environment);
    seen.set(key, known);
  }
  return [...seen.values()].map(({ said, places }) => [
    'alone ',
    ...said,
    properties.length > 1
      ? `, together they are ${CONSEQUENCE_WORDS[together]}`
      : ', which other changes hide',
    ...(places.length < environments.length
      ? [' (', ...listOf(places.map((environment) => ({ environment }))), ')']
      : []),
  ]);
}

function aloneSentence({ path, consequence, refusal }: AloneEffect): Sentence {
  if (refusal !== undefined) return [{ value: path }, ' does not synthesize (', { value: refusal }, ')'];
  if (consequence === undefined) return [{ value: path }, ' changes no manifest'];
  return [{ value: path }, ` is ${CONSEQUENCE_WORDS[consequence]}`];
}

/** Returns each text once, with the names of its environments unless all have it. */
function byEnvironment(
  { environments }: Cause,
  textsOf: (environment: string) => readonly string[],
): readonly { readonly value: string }[] {
  const places = new Map<string, string[]>();
  for (const environment of environments) {
    for (const text of textsOf(environment)) places.set(text, [...(places.get(text) ?? []), environment]);
  }
  return [...places].map(([text, own]) => ({
    value: own.length === environments.length ? text : `${text} (${own.join(', ')})`,
  }));
}

/** `volumes 600Gi → 450Gi`, `CPU 6 → 7.5 cores` */
function costText({ what, before, after }: Cost): string {
  if (what === 'CPU') return `CPU asked for ${before / 1000} → ${after / 1000} cores`;
  if (what === 'memory') return `memory asked for ${sizeText(before)} → ${sizeText(after)}`;
  if (what === 'volumes') return `volumes ${sizeText(before)} → ${sizeText(after)}`;
  return `${what} ${before} → ${after}`;
}

function sizeText(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return `${Number.isInteger(gibibytes) ? gibibytes : gibibytes.toFixed(2)}Gi`;
}

function listOf(parts: Sentence): Sentence {
  return parts.flatMap((part, index) => [
    ...(index === 0 ? [] : [index === parts.length - 1 ? ' and ' : ', ']),
    part,
  ]);
}
