import type { IConstruct } from 'constructs';
import { describeObject, type PlatformObject } from '../stack/platform-objects.ts';
import { findReferences } from '../stack/references.ts';

/**
 * The dependencies of each object, in an order in which every object follows its dependencies. They come from
 * dependencies between constructs, which apply to all of their children, and from references by name.
 *
 * @throws Error that names the objects of a cycle
 */
export function orderObjects(
  objects: readonly PlatformObject[],
): ReadonlyMap<PlatformObject, readonly PlatformObject[]> {
  const byName = new Map(objects.map((object) => [describeObject(object.manifest), object]));
  const dependencies = new Map(
    objects.map((object) => [object, new Set([...byTree(object, objects), ...byReference(object, byName)])]),
  );

  const ordered = new Map<PlatformObject, readonly PlatformObject[]>();
  const path: PlatformObject[] = [];
  const place = (object: PlatformObject): void => {
    if (ordered.has(object)) return;
    if (path.includes(object)) {
      const cycle = [...path.slice(path.indexOf(object)), object];
      throw new Error(
        `objects depend on each other: ${cycle.map(({ manifest }) => describeObject(manifest)).join(' → ')}`,
      );
    }
    path.push(object);
    const needed = [...(dependencies.get(object) ?? [])];
    for (const other of needed) place(other);
    path.pop();
    ordered.set(object, needed);
  };
  for (const object of objects) place(object);
  return ordered;
}

function byTree(
  { construct }: PlatformObject,
  objects: readonly PlatformObject[],
): readonly PlatformObject[] {
  const targets = construct.node.scopes.flatMap((scope) => scope.node.dependencies);
  return objects.filter((other) => targets.some((target) => isWithin(other.construct, target)));
}

function isWithin(construct: IConstruct, scope: IConstruct): boolean {
  return construct.node.scopes.includes(scope);
}

function byReference(
  { manifest }: PlatformObject,
  byName: ReadonlyMap<string, PlatformObject>,
): readonly PlatformObject[] {
  return findReferences(manifest).flatMap(({ kind, name, namespace }) => {
    const target = byName.get(
      describeObject({ kind, metadata: { name, ...(namespace !== undefined && { namespace }) } }),
    );
    return target === undefined || target.manifest === manifest ? [] : [target];
  });
}
