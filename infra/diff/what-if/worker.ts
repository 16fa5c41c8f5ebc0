// Thread of open-what-if.ts. A new thread loads the modules of the checkout again, after each change of them.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { loadCode } from '../causes/checkout-code.ts';
import type { Tree } from '../tree.ts';
import { answerWhatIf, type WhatIfResult, type Question } from './what-if.ts';

export type WhatIfMessage = { readonly answer: WhatIfResult } | { readonly error: string };

export interface WhatIfStart extends Question {
  readonly checkout: string;
}

async function answer(): Promise<WhatIfMessage> {
  const { checkout, ...question } = workerData as WhatIfStart;
  try {
    const code = await loadCode(checkout);
    const file = pathToFileURL(join(checkout, 'infra/environments/environments.ts')).href;
    const { environments } = (await import(file)) as {
      readonly environments: Readonly<Record<string, Tree>>;
    };
    return { answer: answerWhatIf(structuredClone(environments), question, code) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(await answer());
