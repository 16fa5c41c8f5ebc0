import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { ApiException, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';
import services from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import statuses from '@pulumi/pulumi/proto/status_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import { nameOf, type Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import { differences, hasCompleted, isReady, type PropertyDifference } from './provider-rules.ts';

const FIELD_MANAGER = 'pulumi-stand-in';
const POLL_MS = 100;
/** How long a change may take where the request says 0. */
const DEFAULT_SECONDS = 600;

/** What a deployment is made of, to be counted and delayed. */
export interface Call {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly name: string;
}

export interface StandInProvider {
  readonly port: number;
  /** Everything that was changed in the cluster, in order; previews are not among it. */
  readonly calls: readonly Call[];
  /** Asked before each change; what it waits for holds the change back. */
  beforeChange: (call: Call) => Promise<void>;
  stop: () => Promise<void>;
}

/** What was applied does not work: the engine keeps it, and looks at it again the next time. */
class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly status: statuses.Status;

  constructor(manifest: Manifest, live: object, cause: unknown) {
    super(messageOf(cause), { cause });
    const failed = new messages.ErrorResourceInitFailed()
      .setId(nameOf(manifest))
      .setInputs(toStruct(manifest))
      .setProperties(toStruct(live))
      .setReasonsList([this.message]);
    const detail = new any.Any();
    detail.pack(failed.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
    this.status = new statuses.Status()
      .setCode(grpc.status.UNKNOWN)
      .setMessage(this.message)
      .setDetailsList([detail]);
  }
}

type Handler<Request, Response> = (request: Request) => Promise<Response> | Response;

/**
 * NOT Pulumi's Kubernetes provider, but a stand-in for tests on machines that cannot have it: it speaks the provider's protocol,
 * and applies with server-side apply to a real API server. It imitates what this project leans on: dry-run previews, the
 * rules by which a change replaces an object, waiting for workloads, keeping what was applied and never worked, and deleting
 * with all that an object owns. It knows neither field conflicts nor renaming, Helm or patches, and compares with what was last applied, not with
 * the live object.
 */
export async function startStandInProvider(): Promise<StandInProvider> {
  const calls: Call[] = [];
  let cluster: KubernetesObjectApi | undefined;
  const api = (): KubernetesObjectApi => {
    if (cluster === undefined) throw new Error('the provider was not configured');
    return cluster;
  };
  const provider: StandInProvider = {
    port: 0,
    calls,
    beforeChange: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };

  const apply = async (
    manifest: Manifest,
    isPreview: boolean,
    timeoutSeconds: number,
    action: Call['action'],
  ): Promise<object> => {
    if (isPreview) {
      // What lies in a namespace that does not exist yet cannot be tried.
      return patch(api(), manifest, 'All').catch((error: unknown) => {
        if (isMissing(error)) return manifest;
        throw error;
      });
    }
    const call = { action, kind: manifest.kind, name: nameOf(manifest) };
    await provider.beforeChange(call);
    const live = await patch(api(), manifest);
    calls.push(call);
    try {
      return await waitUntilReady(api(), manifest, live, timeoutSeconds);
    } catch (error) {
      throw new NotReadyError(manifest, live, error);
    }
  };

  const implementation = {
    checkConfig: answer((request: messages.CheckRequest) => checked(request)),
    diffConfig: answer(() => new messages.DiffResponse()),
    configure: answer((request: messages.ConfigureRequest) => {
      const { context } = toObject(request.getArgs()) as { context?: string };
      const config = new KubeConfig();
      config.loadFromDefault();
      if (context !== undefined) config.setCurrentContext(context);
      cluster = KubernetesObjectApi.makeApiClient(config);
      return new messages.ConfigureResponse().setSupportspreview(true);
    }),
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion('4.34.2')),
    attach: answer(() => new empty.Empty()),
    cancel: answer(() => new empty.Empty()),
    check: answer((request: messages.CheckRequest) => checked(request)),
    diff: answer(async (request: messages.DiffRequest) => {
      const before = toManifest(request.getOldInputs());
      const after = toManifest(request.getNews());
      return diffResponse([...differences(before, after), ...(await unready(api(), after))]);
    }),
    create: answer(async (request: messages.CreateRequest) => {
      const manifest = toManifest(request.getProperties());
      const live = await apply(manifest, request.getPreview(), timeoutOf(request), 'create');
      return new messages.CreateResponse().setId(nameOf(manifest)).setProperties(toStruct(live));
    }),
    update: answer(async (request: messages.UpdateRequest) => {
      const manifest = toManifest(request.getNews());
      const live = await apply(manifest, request.getPreview(), timeoutOf(request), 'update');
      return new messages.UpdateResponse().setProperties(toStruct(live));
    }),
    read: answer(async (request: messages.ReadRequest) => {
      const response = new messages.ReadResponse();
      const inputs = toManifest(request.getInputs());
      const live = await read(api(), inputs);
      // An answer without id says that the object is gone.
      if (live === undefined) return response;
      return response.setId(request.getId()).setProperties(toStruct(live)).setInputs(request.getInputs());
    }),
    delete: answer(async (request: messages.DeleteRequest) => {
      const manifest = toManifest(request.getOldInputs() ?? request.getProperties());
      const call: Call = { action: 'delete', kind: manifest.kind, name: nameOf(manifest) };
      await provider.beforeChange(call);
      await remove(api(), manifest, timeoutOf(request));
      calls.push(call);
      return new empty.Empty();
    }),
  };

  const server = new grpc.Server({ 'grpc.max_receive_message_length': 400 * 1024 ** 2 });
  server.addService(services.ResourceProviderService, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stop = (): Promise<void> => {
    server.forceShutdown();
    return Promise.resolve();
  };
  return Object.assign(provider, { port, stop });
}

function answer<Request, Response>(
  handle: Handler<Request, Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then((response) => callback(null, response))
      .catch((error: unknown) => {
        const metadata = new grpc.Metadata();
        if (error instanceof NotReadyError)
          metadata.add('grpc-status-details-bin', Buffer.from(error.status.serializeBinary()));
        callback({ code: grpc.status.UNKNOWN, details: messageOf(error), metadata });
      });
  };
}

function checked(request: messages.CheckRequest): messages.CheckResponse {
  return new messages.CheckResponse().setInputs(request.getNews());
}

/** A Job that asks for it and has not completed is replaced, as the real provider does; one that cannot be read is not. */
async function unready(api: KubernetesObjectApi, manifest: Manifest): Promise<readonly PropertyDifference[]> {
  const annotation = 'pulumi.com/replaceUnready';
  if (manifest.kind !== 'Job' || manifest.metadata.annotations?.[annotation] !== 'true') return [];
  const live = await read(api, manifest).catch(() => undefined);
  if (live === undefined || hasCompleted(live)) return [];
  return [{ path: `metadata.annotations["${annotation}"]`, kind: 'update', replaces: true }];
}

function timeoutOf(request: { readonly getTimeout: () => number }): number {
  return request.getTimeout() || DEFAULT_SECONDS;
}

const DIFFERENCES = messages.PropertyDiff.Kind;

function diffResponse(found: readonly PropertyDifference[]): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse()
    .setChanges(found.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setHasdetaileddiff(true)
    .setDeletebeforereplace(true)
    .setDiffsList(found.map(({ path }) => path.split(/[.[]/)[0] ?? path))
    .setReplacesList(found.filter(({ replaces }) => replaces).map(({ path }) => path));
  for (const { path, kind, replaces } of found) {
    const name = `${kind.toUpperCase()}${replaces ? '_REPLACE' : ''}` as keyof typeof DIFFERENCES;
    response
      .getDetaileddiffMap()
      .set(path, new messages.PropertyDiff().setKind(DIFFERENCES[name]).setInputdiff(true));
  }
  return response;
}

function patch(api: KubernetesObjectApi, manifest: Manifest, dryRun?: 'All'): Promise<object> {
  const body = inClientsWords(manifest, RESERVED[manifest.kind]);
  return api.patch(body, undefined, dryRun, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
}

/** Properties by kind that the client's models call `_from` and `_default`; under their own names it leaves them out. */
const RESERVED: Readonly<Record<string, string>> = { LimitRange: 'default', NetworkPolicy: 'from' };

function inClientsWords<T>(value: T, reserved: string | undefined): T {
  if (reserved === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inClientsWords(item as unknown, reserved)) as T;
  const renamed = Object.entries(value).map(([key, inner]) => [
    key === reserved ? `_${key}` : key,
    inClientsWords(inner as unknown, reserved),
  ]);
  return Object.fromEntries(renamed) as T;
}

async function read(api: KubernetesObjectApi, manifest: Manifest): Promise<object | undefined> {
  try {
    return await api.read(manifest);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function waitUntilReady(
  api: KubernetesObjectApi,
  manifest: Manifest,
  applied: object,
  seconds: number,
): Promise<object> {
  if (manifest.metadata.annotations?.['pulumi.com/skipAwait'] === 'true') return applied;
  const deadline = performance.now() + seconds * 1000;
  for (let live: object | undefined = applied; ; live = await read(api, manifest)) {
    if (live !== undefined && isReady(live)) return live;
    if (performance.now() > deadline)
      throw new Error(`${manifest.kind} ${nameOf(manifest)} is not ready after ${seconds} s`);
    await sleep(POLL_MS);
  }
}

async function remove(api: KubernetesObjectApi, manifest: Manifest, seconds: number): Promise<void> {
  if ((await read(api, manifest)) === undefined) return;
  await api.delete(manifest, undefined, undefined, undefined, undefined, 'Foreground');
  const deadline = performance.now() + seconds * 1000;
  while ((await read(api, manifest)) !== undefined) {
    if (performance.now() > deadline)
      throw new Error(`${manifest.kind} ${nameOf(manifest)} is not gone after ${seconds} s`);
    await sleep(POLL_MS);
  }
}

/** The object is missing, or its namespace, or its kind. */
function isMissing(error: unknown): boolean {
  return (
    (error instanceof ApiException && error.code === 404) ||
    (error instanceof Error && /Unrecognized API version and kind/.test(error.message))
  );
}

function messageOf(error: unknown): string {
  if (error instanceof ApiException) {
    const { message } = JSON.parse(String(error.body)) as { message?: string };
    return message ?? `the API server answered ${error.code}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function toObject(properties: struct.Struct | undefined): Record<string, unknown> {
  return properties?.toJavaScript() ?? {};
}

function toManifest(properties: struct.Struct | undefined): Manifest {
  return toObject(properties) as unknown as Manifest;
}

/** Through JSON, which knows neither dates nor absent values. */
function toStruct(value: object): struct.Struct {
  return struct.Struct.fromJavaScript(
    JSON.parse(JSON.stringify(value)) as Record<string, struct.JavaScriptValue>,
  );
}
