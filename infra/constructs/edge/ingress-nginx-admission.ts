import { ApiObject } from 'cdk8s';
import { Service } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  CertgenJobs,
  INGRESS_NGINX_ADMISSION,
  INGRESS_NGINX_CERTIFICATE,
} from './ingress-nginx-certificate.ts';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';

const SERVICE = 'ingress-nginx-controller-admission';

export interface IngressNginxAdmissionProps {
  readonly namespace: string;
  /** The namespace whose Ingresses are checked. */
  readonly watchedNamespace: string;
  /** Issuer of the certificate: two Jobs inside the cluster, or cert-manager, which also renews it. */
  readonly certificate: { readonly kind: 'job'; readonly image: string } | { readonly kind: 'cert-manager' };
  /** Pods of the webhook. */
  readonly controller: Identity;
  readonly port: number;
}

/**
 * Lets the controller reject an Ingress that nginx could not load, before it is stored. The certificate is made inside
 * the cluster, so the manifests hold no secret.
 */
export class IngressNginxAdmission extends Construct {
  constructor(scope: Construct, id: string, props: IngressNginxAdmissionProps) {
    super(scope, id);
    const { namespace, watchedNamespace, certificate, controller, port } = props;
    const labels = objectLabels(INGRESS_NGINX_ADMISSION);

    const service = new Service(this, 'Service', {
      metadata: { name: SERVICE, namespace, labels: objectLabels(controller) },
      ports: [{ name: 'https-webhook', port: 443, targetPort: port }],
    });
    for (const [label, value] of Object.entries(selectorLabels(controller)))
      service.selectLabel(label, value);
    new ApiObject(this, 'Webhook', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: {
        name: INGRESS_NGINX_CERTIFICATE,
        labels,
        ...(certificate.kind === 'cert-manager' && {
          annotations: { 'cert-manager.io/inject-ca-from': `${namespace}/${INGRESS_NGINX_CERTIFICATE}` },
        }),
      },
      webhooks: [
        {
          name: 'validate.nginx.ingress.kubernetes.io',
          admissionReviewVersions: ['v1'],
          matchPolicy: 'Equivalent',
          failurePolicy: 'Fail',
          sideEffects: 'None',
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': watchedNamespace } },
          rules: [
            {
              apiGroups: ['networking.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['ingresses'],
            },
          ],
          clientConfig: {
            service: { name: SERVICE, namespace, path: '/networking/v1/ingresses', port: 443 },
          },
        },
      ],
    });
    const names = [`${SERVICE}.${namespace}.svc`, SERVICE];
    if (certificate.kind === 'job') {
      new CertgenJobs(this, 'Certificate', { namespace, image: certificate.image, names });
    } else {
      certManagerCertificate(this, namespace, names);
    }
  }
}

/** A certificate authority and a certificate from cert-manager. */
function certManagerCertificate(scope: Construct, namespace: string, dnsNames: readonly string[]): void {
  const apiVersion = 'cert-manager.io/v1';
  const name = INGRESS_NGINX_CERTIFICATE;
  const metadata = { name, namespace, labels: objectLabels(INGRESS_NGINX_ADMISSION) };
  new ApiObject(scope, 'Issuer', { apiVersion, kind: 'Issuer', metadata, spec: { selfSigned: {} } });
  new ApiObject(scope, 'Certificate', {
    apiVersion,
    kind: 'Certificate',
    metadata,
    spec: {
      secretName: name,
      dnsNames,
      issuerRef: { kind: 'Issuer', name },
      privateKey: { rotationPolicy: 'Always' },
    },
  });
}
