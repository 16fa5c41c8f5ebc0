import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mergeAttributions } from '../causes/attribute.ts';
import { findLines } from '../causes/source-lines.ts';
import type { Comparison } from '../compare.ts';
import { maskText } from '../mask/mask-text.ts';
import { sortChanges } from '../report.ts';
import { canonicalText } from '../tree.ts';
import type { SetProperty } from './set-property.ts';
import type { WhatIfMessage, WhatIfStart } from './worker.ts';
import type { Question } from './what-if.ts';

/** Compares the environments of the working tree with the same environments with other values; needs no repository. */
export function openWhatIf(
  checkout: string,
  { sets, environments }: Question,
  approved: readonly string[],
): Comparison {
  return {
    report: async () => {
      const answer = await ask({ checkout, sets, environments });
      const attributions = new Map([...answer].map(([name, { attribution }]) => [name, attribution]));
      const { changes, causes } = mergeAttributions(attributions);
      return {
        base: { name: 'the working tree' },
        head: { name: `with ${sets.map(setText).join(', ')}` },
        environments: [...answer.keys()],
        changes: sortChanges(changes),
        causes: await findLines(checkout, causes),
        objects: Object.fromEntries([...answer].map(([name, { objects }]) => [name, objects])),
        approved,
        unusedApprovals: [],
      };
    },
    close: () => Promise.resolve(),
  };
}

async function ask(workerData: WhatIfStart) {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData });
  try {
    const [message] = (await once(worker, 'message')) as [WhatIfMessage];
    if ('error' in message) throw new Error(maskText(message.error));
    return message.answer;
  } finally {
    await worker.terminate();
  }
}

function setText({ property, value }: SetProperty): string {
  const text = value === undefined ? '' : typeof value === 'string' ? value : canonicalText(value);
  return maskText(`${property}=${text}`);
}
