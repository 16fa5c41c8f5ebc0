import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { identify, type ManifestObject } from '../objects.ts';
import { bucketOf } from '../synthesize.ts';
import type { Tree } from '../tree.ts';

/** Output of the code for an environment's value. */
export interface Synthesis {
  readonly objects: readonly ManifestObject[];
  /** The construct that rendered each object, by {@link identify}. */
  readonly constructs: ReadonlyMap<string, string>;
}

/** The functions of a revision's code that {@link attribute} needs. */
export interface Code {
  /** @throws {Error} if its type of environment does not accept the value */
  read(value: Tree): unknown;
  /** @throws {Error} if the value does not synthesize */
  synthesize(value: Tree): Synthesis;
}

/** The used properties of `constructs` and `cdk8s` objects; a checkout may have other versions of these packages. */
interface Scope {
  readonly node: { readonly scopes: readonly object[]; findAll(): readonly Scope[] };
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}
interface Platform {
  readonly charts: readonly { toJson(): readonly unknown[] }[];
  readonly node: Scope['node'];
}

/** Index in `scopes`: 0 is the app, 1 the chart, 2 the construct. */
const CONSTRUCT_DEPTH = 2;

/**
 * Loads the code of a checkout with its dependencies.
 *
 * @throws {Error} if it has no platform to build
 */
export async function loadCode(checkout: string): Promise<Code> {
  const load = async (file: string): Promise<unknown> => import(pathToFileURL(join(checkout, file)).href);
  const { buildPlatform } = (await load('infra/platform.ts')) as {
    readonly buildPlatform: (environment: unknown) => Platform;
  };
  const { readEnvironment } = (await load('infra/environments/read-environment.ts')) as {
    readonly readEnvironment: (value: unknown) => unknown;
  };
  // Equal objects of two syntheses become one object, so that results cached per object are found again.
  const objects = new Map<string, ManifestObject>();
  return {
    read: readEnvironment,
    synthesize: (value) => {
      const app = buildPlatform(readEnvironment(value));
      const made = [...app.charts.flatMap((chart) => chart.toJson()), ...bucketOf(value)].map((object) => {
        const text = JSON.stringify(object);
        const known = objects.get(text) ?? (JSON.parse(text) as ManifestObject);
        objects.set(text, known);
        return known;
      });
      return {
        objects: made,
        get constructs() {
          return constructsOf(app);
        },
      };
    },
  };
}

function constructsOf({ node }: Platform): ReadonlyMap<string, string> {
  const pairs = node
    .findAll()
    .flatMap(({ apiVersion, kind, metadata, node: { scopes } }): [string, string][] => {
      const construct = scopes[CONSTRUCT_DEPTH]?.constructor.name;
      if (apiVersion === undefined || kind === undefined || metadata?.name === undefined) return [];
      if (construct === undefined) return [];
      const { name, namespace } = metadata;
      return [
        [identify({ apiVersion, kind, metadata: { name, ...(namespace && { namespace }) } }), construct],
      ];
    });
  return new Map(pairs);
}

/** Finds the file of a construct: a file has the name of its one class. Undefined if there is none. */
export function fileOfConstruct(checkout: string, construct: string): string | undefined {
  const kebab = construct.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  const names = [kebab, kebab.replace('zoo-keeper', 'zookeeper')];
  // An older checkout has no folders below `constructs`.
  const [file] = globSync(
    names.map((name) => `infra/constructs/**/${name}.ts`),
    { cwd: checkout },
  );
  return file;
}
