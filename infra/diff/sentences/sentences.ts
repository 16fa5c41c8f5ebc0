import type { Cause, CauseProperty } from '../causes/cause.ts';
import { COLLECTION_SENTENCES } from './collection-sentences.ts';
import { KAFKA_SENTENCES } from './kafka-sentences.ts';
import { applyRule, valueText, type Sentence, type SentenceRule } from './sentence-rule.ts';
import { TOPIC_SENTENCES } from './topic-sentences.ts';

/** All sentences, in their order of precedence. */
export const SENTENCES: readonly SentenceRule[] = [
  ...KAFKA_SENTENCES,
  ...TOPIC_SENTENCES,
  ...COLLECTION_SENTENCES,
];

/** Describes a cause: the sentence of the first matching rule, otherwise the properties with their values. */
export function sentenceOf({ kind, name = '', properties }: Cause): Sentence {
  switch (kind) {
    case 'properties':
      return findRule(properties)?.sentence ?? joinSentences(properties.map(bareSentence), ', ');
    case 'type':
      return joinSentences(properties.map(typeSentence), ', ');
    case 'image':
      return joinSentences(
        properties.map(({ path, before, after }) => [
          'the image ',
          { value: path },
          ' is ',
          { value: versionText(after) },
          ' instead of ',
          { value: versionText(before) },
        ]),
        ', ',
      );
    case 'code':
      return name === ''
        ? ['the code renders objects differently']
        : ['the code renders ', { value: name }, ' differently'];
    case 'environment':
      return [name === 'added' ? 'the environment is new' : 'the environment is removed'];
  }
}

/** Finds the first rule that matches the properties, with its sentence; undefined if none does. */
export function findRule(
  properties: readonly CauseProperty[],
): { readonly rule: SentenceRule; readonly sentence: Sentence } | undefined {
  for (const rule of SENTENCES) {
    const sentence = applyRule(rule, properties);
    if (sentence !== undefined) return { rule, sentence };
  }
  return undefined;
}

function bareSentence({ path, before, after }: CauseProperty): Sentence {
  return [
    { value: path },
    ' is ',
    { value: valueText(path, after) },
    ' instead of ',
    { value: valueText(path, before) },
  ];
}

function typeSentence({ path, before, after, movedFrom }: CauseProperty): Sentence {
  if (movedFrom !== undefined) return [{ value: movedFrom }, ' is now called ', { value: path }];
  if (after === undefined)
    return [{ value: path }, ' no longer exists (', { value: valueText(path, before) }, ')'];
  return [{ value: path }, ' is required, and is ', { value: valueText(path, after) }];
}

/** Joins several sentences with a separator. */
export function joinSentences(sentences: readonly Sentence[], separator: string): Sentence {
  return sentences.flatMap((sentence, index) => (index === 0 ? sentence : [separator, ...sentence]));
}

/** Removes the digest, which tells a reader nothing, if there is a tag. */
function versionText(version: CauseProperty['after']): string {
  return valueText('', version).replace(/^([^@]+)@.*$/, '$1');
}

/** Writes a sentence; the functions format its values and the names of environments. */
export function sentenceText(
  sentence: Sentence,
  showValue: (text: string) => string = (text) => text,
  showEnvironment: (text: string) => string = (text) => text,
): string {
  return sentence
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'value' in part ? showValue(part.value) : showEnvironment(part.environment);
    })
    .join('');
}
