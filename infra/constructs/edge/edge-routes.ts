import type { Duration } from 'cdk8s';

/** One path of a host, and what may pass there. */
export interface EdgeRoute {
  readonly name: string;
  readonly path: string;
  readonly match: 'exact' | 'prefix';
  readonly backend: { readonly serviceName: string; readonly port: number };
  /**
   * `limited`: answered 413 above the limit. `streamed`: passed on as it arrives, however long it is, never collected at
   * the edge.
   */
  readonly body: { readonly kind: 'limited'; readonly maxBytes: number } | { readonly kind: 'streamed' };
  /** For a limited body, the whole request; for a streamed one, the longest pause in it. */
  readonly timeout: Duration;
}

/** What lets requests in. */
export type EdgeKind =
  | {
      readonly kind: 'ingress';
      readonly ingressClassName: string;
      /** Requests per second from one address at each controller pod, above which the answer is 429. */
      readonly requestsPerSecondPerAddress: number;
    }
  | {
      readonly kind: 'gateway';
      readonly gatewayClassName: string;
      /**
       * Whose policies say what the Gateway API has no word for: body limit, idle connections, clients' addresses.
       * @default - none: what the implementation does by itself, and the program behind it
       */
      readonly implementation?: GatewayImplementation;
    };

/** Implementations whose own policies are known here. */
export type GatewayImplementation = 'nginx-gateway-fabric' | 'envoy-gateway';

/** A host, and what of it may be called. */
export interface EdgeHost {
  readonly name: string;
  readonly host: string;
  /** Secret with `tls.crt` and `tls.key`. */
  readonly tlsSecretName: string;
  readonly routes: readonly EdgeRoute[];
}

/** What an edge is made of: objects of several groups that cdk8s has no class for, each typed where it is built. */
export interface EdgeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: unknown;
}
