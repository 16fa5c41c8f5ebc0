import { identify, objectText, type ManifestObject } from '../../../infra/diff/objects.ts';
import { canonicalText, type Tree } from '../../../infra/diff/tree.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { inputOf, type CommandResult, type Cluster } from '../../lab/cluster.ts';
import { readTemplateRevisions, type ClusterObject, type TemplateRevision } from './template-revisions.ts';

/** What the API server and its controllers did with a set of objects; objects by name, such as `StatefulSet headwater/kafka`. */
export interface Outcome {
  /** With the API server's words. */
  readonly refused: ReadonlyMap<string, string>;
  /** Workloads whose pod template became another one, with what their controller made of it. */
  readonly rolled: ReadonlyMap<string, string>;
  readonly made: readonly string[];
  readonly deleted: readonly string[];
  /** Of objects that were there already and have a generation, whether it went up: the desired state is another. */
  readonly generations: ReadonlyMap<string, 'new' | 'same'>;
}

/** Webhooks are answered by nobody here, and the bucket is no object of a cluster. */
const LEFT_OUT = ['ValidatingWebhookConfiguration', 'Bucket'];

/** An environment in a real cluster, in namespaces of its own: several environments have the same names. */
export class AppliedEnvironment {
  readonly #cluster: Cluster;
  readonly #prefix: string;
  readonly #current = new Map<string, ManifestObject>();
  #revisions: ReadonlyMap<string, TemplateRevision> = new Map();
  readonly #generations = new Map<string, number | undefined>();

  constructor(cluster: Cluster, prefix: string) {
    this.#cluster = cluster;
    this.#prefix = prefix;
  }

  /** Applies what differs from what is there, deletes what is no longer named, and waits for the controllers. */
  async moveTo(objects: readonly ManifestObject[]): Promise<Outcome> {
    const target = new Map(
      objects.filter(({ kind }) => !LEFT_OUT.includes(kind)).map((object) => [keyOf(object), object]),
    );
    const differing = [...target].filter(
      ([key, object]) => textOf(this.#current.get(key)) !== textOf(object),
    );
    const gone = [...this.#current].filter(([key]) => !target.has(key));

    const refused = this.#apply(differing.map(([, object]) => object));
    if (gone.length > 0)
      this.#run(
        ['delete', '--wait=false', '-f', '-'],
        gone.map(([, object]) => object),
      );
    const generations = this.#readGenerations(differing.map(([, object]) => object));
    const after = await this.#observedRevisions();

    const rolled = new Map<string, string>();
    for (const [workload, { revision, made }] of after) {
      const earlier = this.#revisions.get(workload);
      if (earlier !== undefined && earlier.revision !== revision) rolled.set(workload, made);
    }
    const compared = differing.flatMap(([key, object]): [string, 'new' | 'same'][] => {
      const [earlier, now] = [this.#generations.get(key), generations.get(key)];
      if (earlier === undefined || now === undefined) return [];
      return [[objectText(object), earlier === now ? 'same' : 'new']];
    });
    const outcome: Outcome = {
      refused,
      rolled,
      made: differing.filter(([key]) => !this.#current.has(key)).map(([, object]) => objectText(object)),
      deleted: gone.map(([, object]) => objectText(object)),
      generations: new Map(compared),
    };
    this.#revisions = after;
    for (const [key, object] of differing) {
      if (!refused.has(objectText(object))) this.#current.set(key, object);
      this.#generations.set(key, generations.get(key));
    }
    for (const [key] of gone) this.#current.delete(key);
    return outcome;
  }

  #apply(objects: readonly ManifestObject[]): ReadonlyMap<string, string> {
    if (objects.length === 0) return new Map();
    const { errors, code } = this.#run(['apply', '--server-side', '--validate=strict', '-f', '-'], objects);
    const refusals = [...errors.matchAll(/(?:The|\(Invalid\):) ([A-Za-z]+)\S* "([^"]+)" is invalid: (.*)/g)];
    if (code !== 0 && refusals.length === 0) throw new Error(`kubectl apply: ${errors}`);
    const refused = new Map<string, string>();
    for (const [, kind = '', name = '', why = ''] of refusals) {
      const object = objects.find((one) => one.kind === kind && one.metadata.name === name);
      if (object === undefined)
        throw new Error(`nothing was applied that is called ${kind} ${name}: ${errors}`);
      refused.set(objectText(object), why);
    }
    return refused;
  }

  #readGenerations(objects: readonly ManifestObject[]): ReadonlyMap<string, number | undefined> {
    if (objects.length === 0) return new Map();
    const { output } = this.#run(['get', '-f', '-', '-o', 'json'], objects);
    const found = JSON.parse(output) as { readonly items: readonly ClusterObject[] };
    return new Map(found.items.map((item) => [keyOf(this.#withoutPrefix(item)), item.metadata.generation]));
  }

  /** The pod template that each workload's controller has seen, once it has seen the last one. */
  async #observedRevisions(): Promise<ReadonlyMap<string, TemplateRevision>> {
    let seen: ReadonlyMap<string, TemplateRevision> | undefined;
    await waitUntil(
      () => {
        const kinds = 'statefulsets,deployments,daemonsets,controllerrevisions';
        const { output } = this.#run(['get', kinds, '--all-namespaces', '-o', 'json']);
        const { items } = JSON.parse(output) as { readonly items: readonly ClusterObject[] };
        const own = items.filter(({ metadata }) => metadata.namespace?.startsWith(this.#prefix));
        seen = readTemplateRevisions(own.map((item) => this.#withoutPrefix(item)));
        return seen !== undefined;
      },
      { what: 'the controllers have seen every workload', deadlineMs: 60_000, everyMs: 200 },
    );
    return seen ?? new Map<string, TemplateRevision>();
  }

  #withoutPrefix<T extends ManifestObject>(object: T): T {
    return inNamespace(object, (namespace) => namespace.replace(this.#prefix, ''));
  }

  #withPrefix(object: ManifestObject): ManifestObject {
    return inNamespace(object, (namespace) => `${this.#prefix}${namespace}`);
  }

  #run(args: readonly string[], objects?: readonly ManifestObject[]): CommandResult {
    return this.#cluster.try(args, objects && inputOf(objects.map((object) => this.#withPrefix(object))));
  }
}

/** The object with its namespace renamed, or the namespace itself. */
function inNamespace<T extends ManifestObject>(object: T, rename: (namespace: string) => string): T {
  const { name, namespace } = object.metadata;
  const metadata = {
    ...object.metadata,
    name: object.kind === 'Namespace' ? rename(name) : name,
    ...(namespace !== undefined && { namespace: rename(namespace) }),
  };
  return { ...object, metadata };
}

/** One object of a cluster; a Job under another name is another. */
function keyOf(object: ManifestObject): string {
  return `${identify(object)} ${object.metadata.name}`;
}

function textOf(object: ManifestObject | undefined): string | undefined {
  return object && canonicalText(object as unknown as Tree);
}
