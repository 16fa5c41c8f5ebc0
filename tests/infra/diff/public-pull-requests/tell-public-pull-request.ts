import { join } from 'node:path';
import { attribute, mergeAttributions } from '../../../../infra/diff/causes/attribute.ts';
import { loadCode } from '../../../../infra/diff/causes/checkout-code.ts';
import { tellCauses, wholeSentence } from '../../../../infra/diff/render/cause-text.ts';
import { sentenceText } from '../../../../infra/diff/sentences/sentences.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';
import { changed } from '../../refused/refusal.ts';
import type { PublicPullRequest } from './public-pull-requests.ts';

const code = await loadCode(join(import.meta.dirname, '../../../..'));

function sideOf(changes: Readonly<Record<string, unknown>>) {
  const value = changed({ environment: 'production', changes }) as Tree;
  return { value, objects: code.synthesize(value).objects };
}

/** Its causes with the sentence of each, worst first. */
export function tellPublicPullRequest({ before = {}, change }: PublicPullRequest) {
  const sides = {
    environment: 'production',
    before: sideOf(before),
    after: sideOf({ ...before, ...change }),
  };
  const { changes, causes } = mergeAttributions(new Map([['production', attribute(sides, code)]]));
  return tellCauses({
    ...{ base: { name: 'base' }, head: { name: 'head' }, environments: ['production'], changes, causes },
    ...{ objects: {}, approved: [], unusedApprovals: [] },
  }).map((told) => ({ ...told, sentence: sentenceText(wholeSentence(told)) }));
}
