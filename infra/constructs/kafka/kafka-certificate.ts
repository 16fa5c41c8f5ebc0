import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, type Identity } from '../workloads/labels.ts';

export interface KafkaCertificateProps {
  readonly namespace: string;
  readonly identity: Identity;
  /** Secret that cert-manager writes the certificate and its key into. */
  readonly secretName: string;
  /** Name of the ClusterIssuer that signs it. It must add its CA to the Secret, by which brokers verify each other. */
  readonly clusterIssuer: string;
  /** All host names of the nodes. */
  readonly hosts: readonly string[];
}

/**
 * The certificate of all nodes, from cert-manager; brokers present it to clients and to each other. Kafka reads it at
 * start, so a renewed certificate takes effect with the next roll. It is renewed long before it expires.
 */
export class KafkaCertificate extends Construct {
  constructor(scope: Construct, id: string, props: KafkaCertificateProps) {
    super(scope, id);
    const { namespace, identity, secretName, clusterIssuer, hosts } = props;
    new ApiObject(this, 'Resource', {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'kafka', namespace, labels: objectLabels(identity) },
      spec: {
        secretName,
        issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: clusterIssuer },
        commonName: 'kafka',
        dnsNames: [...hosts],
        duration: '8760h',
        renewBefore: '2880h',
        // Kafka only reads PKCS #8.
        privateKey: { algorithm: 'ECDSA', encoding: 'PKCS8', size: 256, rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth', 'client auth'],
      },
    });
  }
}
