/** Problems of a store: values of a metric's label. */
export const storeProblems = [
  'access-denied',
  'missing-bucket',
  'no-credentials',
  'wrong-region',
  'checksum-refused',
  'conditional-write-refused',
  'not-implemented',
  'throttled',
  'unavailable',
  'refused',
] as const;

export type StoreProblem = (typeof storeProblems)[number];

/** Problems that pass by themselves. An operator must solve the others; they are retried more slowly. */
const PASSING: ReadonlySet<StoreProblem> = new Set(['throttled', 'unavailable']);

const HINTS: Partial<Record<StoreProblem, string>> = {
  'access-denied':
    'the credentials must allow s3:PutObject and s3:GetObject on the prefix and s3:ListBucket on the bucket',
  'missing-bucket': 'make the bucket or correct STORE_BUCKET',
  'no-credentials':
    "none found on the AWS SDK's standard chain (AWS_ACCESS_KEY_ID, a shared file, pod identity)",
  'wrong-region': 'correct STORE_REGION or STORE_ENDPOINT',
  'checksum-refused': 'the store does not know these checksums: set STORE_CHECKSUMS=when-required',
  'conditional-write-refused':
    'the store does not know If-None-Match on PUT: only DELIVERY=at-least-once works with it',
  'not-implemented':
    'the store does not name the feature: try STORE_CHECKSUMS=when-required; if it lacks If-None-Match, ' +
    'only DELIVERY=at-least-once works with it',
};

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;
  readonly status: number | undefined;

  constructor(problem: StoreProblem, detail: string, status?: number, cause?: unknown) {
    const hint = HINTS[problem];
    super(`${problem}: ${detail}${hint === undefined ? '' : ` (${hint})`}`, { cause });
    this.problem = problem;
    this.status = status;
  }

  get passes(): boolean {
    return PASSING.has(this.problem);
  }
}

/** Classifies a failed request, for every S3-compatible store. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name, message, status } = describe(error);
  const detail = `${name}${status === undefined ? '' : ` ${status}`}: ${message}`;
  return new StoreError(problemOf(name, message, status), detail, status, error);
}

/** Whether a conditional write was refused because the object exists: 412, or 304 from stores that respond as to a GET. */
export function isAlreadyThere({ status }: StoreError): boolean {
  return status === 412 || status === 304;
}

function problemOf(name: string, message: string, status: number | undefined): StoreProblem {
  const text = `${name} ${message}`.toLowerCase();
  if (name === 'CredentialsProviderError') return 'no-credentials';
  if (name === 'NoSuchBucket') return 'missing-bucket';
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed' || status === 301) {
    return 'wrong-region';
  }
  if (status === 403 || status === 401) return 'access-denied';
  if (status === 400 || status === 501) {
    if (/checksum|x-amz-sdk|trailer|content-sha256/.test(text)) return 'checksum-refused';
    if (/if-none-match|conditional/.test(text)) return 'conditional-write-refused';
    if (status === 501) return 'not-implemented';
  }
  if (status === 429 || name === 'SlowDown' || name === 'TooManyRequests') return 'throttled';
  // 409 and 412: another writer writes the same object at this moment.
  const asksToRetry = status === 408 || status === 409 || status === 412;
  if (status === undefined || asksToRetry || status >= 500 || status < 400) return 'unavailable';
  return 'refused';
}

function describe(error: unknown): { name: string; message: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  const name = typeof code === 'string' && error.name === 'Error' ? code : error.name;
  return { name, message: error.message, status: $metadata?.httpStatusCode };
}
