import { z } from 'zod';
import { distinct } from './distinct.ts';
import { annotations, bucketName, cidr, dnsLabel, endpointUrl, hostName, secretName } from './names.ts';
import { podResources } from './messaging.ts';
import { outside } from './outside.ts';
import { byteLimit, period, toMs } from './quantities.ts';

/** Minimum and maximum number of pods for the autoscaler. */
const scale = z.strictObject({ min: z.int().min(1), max: z.int().min(1) });

export const producer = z.strictObject({
  replicas: scale,
  /** CPU usage, in percent of the request, above which pods are added. */
  targetCpuPercent: z.int().min(10).max(95),
  resources: podResources,
  /** Largest body of `POST /upload`, at the edge and in the application. */
  maxBody: byteLimit,
  /** Timeout of one request to `/upload`, at the edge and in the application. */
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
  /** Records of lag per pod; needs KEDA. */
  lagPerReplica: z.int().min(1),
  /** CPU request; the memory follows from `maxBuffered`. */
  cpuMillicores: z.int().min(10),
  delivery: z.enum(['exactly-once', 'at-least-once']),
  codec: z.enum(['none', 'gzip', 'zstd']),
  /** Key prefix of the objects in the bucket. Its format and codec never change. */
  prefix,
  /**
   * The earlier prefix whose chains this prefix continues: for another codec or delivery, without storing anything
   * again. Set it together with a new `prefix`, and keep it as long as that prefix is used.
   */
  continues: prefix.optional(),
  flushMaxRecords: z.int().min(1),
  flushMax: byteLimit,
  flushMaxAge: period,
  maxBuffered: byteLimit,
  /** Largest number of offsets that one object may span. */
  maxSpan: z.int().min(1),
  /** Session timeout, after which the group assigns a consumer's partitions to another; its limits are the brokers'. */
  sessionTimeout: period.refine((value) => toMs(value) >= 6_000 && toMs(value) <= 1_800_000, {
    error: 'from 6s to 30m, the range that the brokers accept',
  }),
  shutdownDeadline: period,
});

export const objectStore = z.strictObject({
  endpoint: endpointUrl,
  bucket: bucketName,
  region: z.string().min(1),
  pathStyle: z.boolean(),
  checksums: z.enum(['when-supported', 'when-required']),
  /** Number of days after which the bucket deletes an object. `never` must be stated. */
  expiryDays: z.union([z.literal('never'), z.int().min(1)]),
  /** Secret with `ca.crt`, if no public authority signs the endpoint's certificate. */
  caSecret: secretName.optional(),
  credentials: z.discriminatedUnion('kind', [
    /** Secret with the key `credentials`: a credentials file of the AWS SDKs. */
    z.strictObject({ kind: z.literal('secret'), name: secretName }),
    /** EKS Pod Identity: the role is bound to the service account outside the manifests. */
    z.strictObject({ kind: z.literal('pod-identity') }),
  ]),
});

/** Our own ingress controller. */
const ingressNginx = z.strictObject({
  workload: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('deployment'), replicas: z.int().min(1) }),
    z.strictObject({ kind: z.literal('daemon-set') }),
  ]),
  /** Issuer of the admission webhook's certificate. */
  webhookCertificate: z.enum(['job', 'cert-manager']),
  service: z.enum(['LoadBalancer', 'NodePort']),
  /** Annotations of that Service; a cloud chooses the kind of load balancer by them. @default none */
  serviceAnnotations: annotations.optional(),
  resources: podResources,
});

export const edge = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ingress'),
    host: hostName,
    tlsSecret: secretName,
    ingressClassName: dnsLabel,
    /** Requests per second from one address; above it clients get 429. */
    requestsPerSecondPerAddress: z.int().min(1),
    /** Omit it if the cluster already runs a controller for the class. */
    controller: ingressNginx.optional(),
  }),
  z.strictObject({
    kind: z.literal('gateway'),
    host: hostName,
    tlsSecret: secretName,
    gatewayClassName: dnsLabel,
    /** Namespace of the gateway's data plane. */
    dataPlaneNamespace: dnsLabel,
    /**
     * Implementation whose policies set what the Gateway API cannot: body limit, idle timeout, client addresses.
     * @default no policies
     */
    implementation: z.enum(['nginx-gateway-fabric', 'envoy-gateway']).optional(),
  }),
]);

/** Callers of the bridge. It has no login: every caller can read and write all topics of the user `tools`. */
const bridgeClients = z
  .strictObject({
    /** Namespaces of the cluster; all of their pods may call. */
    namespaces: distinct(dnsLabel),
    /** Addresses outside of the cluster that reach its pods, such as those of a VPN. */
    cidrs: distinct(cidr),
  })
  .refine(({ namespaces, cidrs }) => namespaces.length + cidrs.length > 0, {
    error: 'at least one namespace or block of addresses: no client could call it',
  });

/** Kafka over HTTP for tools without a Kafka client; inside the cluster only. */
export const restBridge = z.strictObject({
  replicas: z.int().min(1),
  resources: podResources,
  clients: bridgeClients,
});

/** kafbat UI, read-only. */
export const kafkaUi = z.strictObject({
  resources: podResources,
  /** Public only with a login in front of it. */
  access: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('port-forward') }),
    z.strictObject({
      kind: z.literal('public'),
      host: hostName,
      tlsSecret: secretName,
      oauthSecret: secretName,
      /** Address of the login provider, which the UI calls; the Secret has its URLs. */
      oauthProvider: z.strictObject({
        cidrs: outside,
        /** Port of its URLs. */
        port: z.int().min(1).max(65_535),
      }),
    }),
  ]),
});
