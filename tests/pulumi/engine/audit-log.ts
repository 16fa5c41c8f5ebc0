import { existsSync, readFileSync } from 'node:fs';

/** One object that was changed, in the API server's words. */
export interface Write {
  readonly action: 'create' | 'update' | 'delete';
  /** `statefulsets` */
  readonly resource: string;
  /** `headwater/kafka`, or its name alone where it has no namespace */
  readonly name: string;
  readonly at: Date;
}

/** What is read of a line of the audit log: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** The writes that succeeded, in order. @param agent how the User-Agent of their client begins */
export function readWrites(auditLog: string, agent: string): readonly Write[] {
  if (!existsSync(auditLog)) return [];
  return (
    readFileSync(auditLog, 'utf8')
      .split('\n')
      // What follows the last newline is a line that is being written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ userAgent }) => userAgent?.startsWith(agent) === true)
      .flatMap(writeOf)
  );
}

function writeOf(event: AuditEvent): readonly Write[] {
  const { verb, requestURI, objectRef, responseStatus, requestReceivedTimestamp } = event;
  const status = responseStatus?.code ?? 0;
  if (objectRef?.name === undefined || status < 200 || status > 299 || requestURI.includes('dryRun='))
    return [];
  const { resource, namespace, name } = objectRef;
  return [
    {
      action: actionOf(verb, status),
      resource,
      name: namespace === undefined ? name : `${namespace}/${name}`,
      at: new Date(requestReceivedTimestamp),
    },
  ];
}

/** A server-side apply is a patch, and says by its status whether it made the object. */
function actionOf(verb: string, status: number): Write['action'] {
  if (verb === 'delete') return 'delete';
  return verb === 'create' || status === 201 ? 'create' : 'update';
}
