import { ApiObject, type App } from 'cdk8s';
import { requireThat } from './constructs/workloads/requirements.ts';

/** Requires that no object is made twice: whichever is applied last would take the other's place, whole. */
export function requireUniqueObjects(app: App): void {
  const made = new Map<string, string[]>();
  for (const construct of app.node.findAll()) {
    if (!ApiObject.isApiObject(construct)) continue;
    const { apiGroup, kind, name, metadata } = construct;
    const place = metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`;
    const object = `${kind}${apiGroup === 'core' ? '' : `.${apiGroup}`} ${place}`;
    made.set(object, [...(made.get(object) ?? []), construct.node.path]);
  }
  for (const [object, paths] of made) {
    requireThat(app, paths.length === 1, {
      subject: 'objects',
      property: object,
      value: paths.join(' and '),
      allowed: 'made once',
      because: 'what is applied last takes the place of the other',
    });
  }
}
