import { z } from 'zod';

/** A DNS label (RFC 1123), as for namespaces, Services and Secrets. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end',
  );

/** An object name that may contain dots, such as a class of the cluster. */
export const className = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'a DNS name (RFC 1123): at most 253 of a-z, 0-9, - and .',
  );

/** A namespace of the platform; reserved names of Kubernetes are refused. */
export const namespace = dnsLabel.refine((name) => name !== 'default' && !name.startsWith('kube-'), {
  error: 'a dedicated namespace, neither default nor kube-*',
});

/**
 * The name of a Secret that is created outside the manifests. It ends in a version: a rotated Secret gets a new name,
 * which rolls the pods that mount it.
 */
export const secretName = dnsLabel.refine((name) => /-v[0-9]+$/.test(name), {
  error: 'the name of a Secret that ends in its version, such as object-store-v1',
});

/** A bucket name by the rules of S3, without the names that S3 reserves. */
export const bucketName = z
  .string()
  .regex(
    /^(?!.*\.\.)(?!(\d+\.){3}\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'a valid S3 bucket name: 3 to 63 of a-z, 0-9, . and -, no two dots in a row, no IP address, no prefix or suffix that S3 reserves',
  );

/** A public host name without wildcard. */
export const hostName = z
  .string()
  .regex(
    /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a full host name in lower case without wildcard, such as collect.example.com',
  );

/** Annotations of an object, as its cloud or an add-on reads them. */
export const annotations = z.record(
  z
    .string()
    .regex(
      /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
      'the key of an annotation, such as service.beta.kubernetes.io/aws-load-balancer-scheme',
    ),
  z.string(),
);

/** A block of IPv4 addresses. */
export const cidr = z.cidrv4({ error: 'an IPv4 block in CIDR notation, such as 10.0.0.0/16' });

/** The URL of a service, without credentials, path or query. */
export const endpointUrl = z
  .url({
    protocol: /^https?$/,
    error: 'a URL with its scheme, such as https://search.example.com:9200',
  })
  .refine(
    (text) => {
      const url = URL.parse(text);
      return url === null || (url.username === '' && url.password === '');
    },
    { error: 'a URL without credentials: they belong in a Secret', abort: true },
  )
  .refine(
    (text) => {
      const url = URL.parse(text);
      return url === null || (url.pathname === '/' && url.search === '' && url.hash === '');
    },
    { error: 'a URL with only a host and a port, without path or query' },
  );

/** The key of a label other than the platform's own. */
export const labelKey = z
  .string()
  .regex(
    /^(?!app\.kubernetes\.io\/)([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'a label key, such as release, not below app.kubernetes.io/',
  );

/** The value of a label. */
export const labelValue = z
  .string()
  .regex(
    /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'a label value: at most 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at either end',
  );
