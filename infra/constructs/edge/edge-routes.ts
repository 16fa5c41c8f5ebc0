import type { Duration } from 'cdk8s';

/** One path of a host and its limits. */
export interface EdgeRoute {
  readonly name: string;
  readonly path: string;
  readonly match: 'exact' | 'prefix';
  readonly backend: { readonly serviceName: string; readonly port: number };
  /**
   * `limited`: 413 above the limit. `streamed`: passed on as it arrives, of any length, without buffering at the edge.
   */
  readonly body: { readonly kind: 'limited'; readonly maxBytes: number } | { readonly kind: 'streamed' };
  /** Timeout of the whole request for a limited body; longest pause for a streamed one. */
  readonly timeout: Duration;
}

/** How requests enter the cluster. */
export type EdgeKind =
  | {
      readonly kind: 'ingress';
      readonly ingressClassName: string;
      /** Requests per second from one address at each controller pod; above it clients get 429. */
      readonly requestsPerSecondPerAddress: number;
    }
  | {
      readonly kind: 'gateway';
      readonly gatewayClassName: string;
      /**
       * The implementation whose policies set what the Gateway API cannot: body limit, idle timeout, client addresses.
       * @default - none: defaults of the implementation, and the program behind it
       */
      readonly implementation?: GatewayImplementation;
    };

/** Implementations with supported policies. */
export type GatewayImplementation = 'nginx-gateway-fabric' | 'envoy-gateway';

/** A host and its routes. */
export interface EdgeHost {
  readonly name: string;
  readonly host: string;
  /** Secret with `tls.crt` and `tls.key`. */
  readonly tlsSecretName: string;
  readonly routes: readonly EdgeRoute[];
}

/** The objects of an edge, of several API groups without cdk8s classes; each is typed where it is built. */
export interface EdgeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: unknown;
}
