import type { Environment } from '../environments/environment.ts';
import { ownReferences } from '../images.ts';
import { buildPlatform } from '../platform.ts';
import type { OwnImageName } from './own-images.ts';

/** References of those of our own images that the manifests of an environment name. */
export function stackImages(environment: Environment): Readonly<Partial<Record<OwnImageName, string>>> {
  const manifests = JSON.stringify(buildPlatform(environment).charts.map((chart): unknown => chart.toJson()));
  return Object.fromEntries(
    Object.entries(ownReferences(environment.images?.registry)).filter(([, reference]) =>
      manifests.includes(`"${reference}"`),
    ),
  );
}
