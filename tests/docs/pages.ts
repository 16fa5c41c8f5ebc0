import { join } from 'node:path';
import { renderAlerts } from './alerts-page.ts';
import { renderConstructPages } from './construct-pages.ts';
import { renderDecisions } from './decisions-page.ts';
import { renderEnvironmentPage } from './environment-page.ts';
import { readPerformancePage } from '../bench/page.ts';
import { renderPreview } from './preview-page.ts';
import { renderPulumiPage } from './pulumi-page.ts';
import { renderRefusals } from './refusals-page.ts';

/** Every page of `docs/` that is made from the source, by its path there. */
export function renderPages(root: string): ReadonlyMap<string, string> {
  const constructs = [...renderConstructPages(root)].map(
    ([name, text]) => [join('constructs', name), text] as const,
  );
  return new Map([
    ['alerts.md', renderAlerts()],
    ['decisions/README.md', renderDecisions(root)],
    ['environment.md', renderEnvironmentPage(root)],
    ['refused-configurations.md', renderRefusals()],
    ['preview.md', renderPreview(root)],
    ['pulumi.md', renderPulumiPage(root)],
    ['performance.md', readPerformancePage(root)],
    ...constructs,
  ]);
}
