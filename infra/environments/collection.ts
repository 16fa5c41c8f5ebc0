import { z } from 'zod';
import { annotations, bucketName, cidr, dnsLabel, endpointUrl, hostName, secretName } from './names.ts';
import { podResources } from './messaging.ts';
import { outside } from './outside.ts';
import { byteLimit, period, toMs } from './quantities.ts';

/** Pods that an autoscaler adds and takes away between two bounds. */
const scale = z.strictObject({ min: z.int().min(1), max: z.int().min(1) });

export const producer = z.strictObject({
  replicas: scale,
  /** Share of the CPU asked for at which pods are added. */
  targetCpuPercent: z.int().min(10).max(95),
  resources: podResources,
  /** Largest body of `POST /upload`: the edge and the application are given this one number. */
  maxBody: byteLimit,
  /** How long one request to `/upload` may take, at the edge as in the application. */
  requestTimeout: period,
  linger: period,
  batchMaxRecords: z.int().min(1),
  batchMax: byteLimit,
  queueMaxRecords: z.int().min(1),
  queueMax: byteLimit,
  deliveryTimeout: period,
  /** From SIGTERM to the exit: until edges that go by `serving` have forgotten the pod, and what is in flight is finished. */
  shutdownDeadline: period,
  /** How long a pod that leaves goes on serving before SIGTERM, so that edges that go by `ready` have forgotten it. */
  preStopSleep: period,
});

const prefix = z
  .string()
  .regex(
    /^(?!.*\/\/)[a-z0-9]([-a-z0-9/]*[a-z0-9])?$/,
    'a path of a-z, 0-9, - and / without / at either end or two of them together',
  );

export const consumer = z.strictObject({
  replicas: scale,
  /** Records of lag for which one more pod is wanted; needs KEDA. */
  lagPerReplica: z.int().min(1),
  /** CPU asked for; the memory follows from `maxBuffered`. */
  cpuMillicores: z.int().min(10),
  delivery: z.enum(['exactly-once', 'at-least-once']),
  codec: z.enum(['none', 'gzip', 'zstd']),
  /** Where in the bucket the objects lie; format and codec belong to it for good. */
  prefix,
  /**
   * The prefix before, whose chains this one's go on with: for another codec or delivery, without storing anything again. Set
   * together with a new `prefix`, and left for as long as that is used.
   */
  continues: prefix.optional(),
  flushMaxRecords: z.int().min(1),
  flushMax: byteLimit,
  flushMaxAge: period,
  maxBuffered: byteLimit,
  /** Most offsets that one object may span. */
  maxSpan: z.int().min(1),
  /** Silence after which the group gives a consumer's partitions to another; bounds are the brokers' own. */
  sessionTimeout: period.refine((value) => toMs(value) >= 6_000 && toMs(value) <= 1_800_000, {
    error: 'from 6s to 30m, what the brokers take',
  }),
  shutdownDeadline: period,
});

export const objectStore = z.strictObject({
  endpoint: endpointUrl,
  bucket: bucketName,
  region: z.string().min(1),
  pathStyle: z.boolean(),
  checksums: z.enum(['when-supported', 'when-required']),
  /** After how many days the bucket deletes an object. `never` is said, not left out. */
  expiryDays: z.union([z.literal('never'), z.int().min(1)]),
  /** Secret with `ca.crt`, where the endpoint's certificate is not signed by a public authority. */
  caSecret: secretName.optional(),
  credentials: z.discriminatedUnion('kind', [
    /** Secret with the key `credentials`, a file as the AWS SDKs read it. */
    z.strictObject({ kind: z.literal('secret'), name: secretName }),
    /** EKS Pod Identity: the role is bound to the service account outside the manifests. */
    z.strictObject({ kind: z.literal('pod-identity') }),
  ]),
});

/** The controller of the Ingress, where we run it ourselves. */
const ingressNginx = z.strictObject({
  workload: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('deployment'), replicas: z.int().min(1) }),
    z.strictObject({ kind: z.literal('daemon-set') }),
  ]),
  /** Who signs the certificate of the admission webhook. */
  webhookCertificate: z.enum(['job', 'cert-manager']),
  service: z.enum(['LoadBalancer', 'NodePort']),
  /** Annotations of that Service, by which a cloud is told what kind of balancer to make. @default none */
  serviceAnnotations: annotations.optional(),
  resources: podResources,
});

export const edge = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ingress'),
    host: hostName,
    tlsSecret: secretName,
    ingressClassName: dnsLabel,
    /** Requests per second from one address, above which the answer is 429. */
    requestsPerSecondPerAddress: z.int().min(1),
    /** Left out where the cluster already runs a controller for the class. */
    controller: ingressNginx.optional(),
  }),
  z.strictObject({
    kind: z.literal('gateway'),
    host: hostName,
    tlsSecret: secretName,
    gatewayClassName: dnsLabel,
    /** Where the pods run that pass the gateway's traffic on. */
    dataPlaneNamespace: dnsLabel,
    /** Whose policies say what the Gateway API has no word for: body limit, idle connections, clients' addresses. @default nobody's */
    implementation: z.enum(['nginx-gateway-fabric', 'envoy-gateway']).optional(),
  }),
]);

/** Who calls the bridge. It asks nobody for a login: whoever may call it reads and writes every topic that `tools` may. */
const bridgeClients = z
  .strictObject({
    /** Namespaces of the cluster, all of whose pods may call. */
    namespaces: z.array(dnsLabel),
    /** Addresses outside of it that reach its pods, such as those of a VPN. */
    cidrs: z.array(cidr),
  })
  .refine(({ namespaces, cidrs }) => namespaces.length + cidrs.length > 0, {
    error: 'at least one namespace or block of addresses: nobody could call it',
  });

/** Kafka over HTTP for tools that cannot speak its protocol; inside the cluster only. */
export const restBridge = z.strictObject({
  replicas: z.int().min(1),
  resources: podResources,
  clients: bridgeClients,
});

/** kafbat UI, read-only. */
export const kafkaUi = z.strictObject({
  resources: podResources,
  /** Reached from outside only where a login stands before it. */
  access: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('port-forward') }),
    z.strictObject({
      kind: z.literal('public'),
      host: hostName,
      tlsSecret: secretName,
      oauthSecret: secretName,
      /** Where the provider of the login is, which the UI asks who its visitor is; the Secret has its URLs. */
      oauthProvider: z.strictObject({
        cidrs: outside,
        /** Port of its URLs. */
        port: z.int().min(1).max(65_535),
      }),
    }),
  ]),
});
