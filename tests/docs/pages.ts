import { join } from 'node:path';
import { renderArchitecture } from './architecture-page.ts';
import { renderAlerts } from './alerts-page.ts';
import { renderConstructPages } from './construct-pages.ts';
import { renderDashboardsPage } from './dashboards-page.ts';
import { renderDecisions } from './decisions-page.ts';
import { renderEnvironmentPage } from './environment-page.ts';
import { readPerformancePages } from '../bench/page.ts';
import { renderDiffPage } from './diff-page.ts';
import { renderLabPage } from './lab-page.ts';
import { renderPulumiPage } from './pulumi-page.ts';
import { renderRefusals } from './refusals-page.ts';
import { renderVariables } from './variables-page.ts';

/** Every page that is made from the source, by its path from `docs/`. */
export function renderPages(root: string): ReadonlyMap<string, string> {
  const constructs = [...renderConstructPages(root)].map(
    ([name, text]) => [join('constructs', name), text] as const,
  );
  return new Map([
    ['../ARCHITECTURE.md', renderArchitecture(root)],
    ['alerts.md', renderAlerts()],
    ['dashboards.md', renderDashboardsPage()],
    ['decisions/README.md', renderDecisions(root)],
    ['environment.md', renderEnvironmentPage(root)],
    ['refused-configurations.md', renderRefusals()],
    ['diff.md', renderDiffPage(root)],
    ['lab.md', renderLabPage(root)],
    ['pulumi.md', renderPulumiPage(root)],
    ['variables.md', renderVariables(root)],
    ...readPerformancePages(root),
    ...constructs,
  ]);
}
