import { randomUUID } from 'node:crypto';
import type { MemoryAccount } from '../../../service/memory/memory-account.ts';
import type { HttpMetrics } from '../../metrics.ts';
import type { Sources } from '../../sources/sources.ts';
import { admit, overQuota } from '../admission.ts';
import type { ContentType, ContentTypes } from '../content-types.ts';
import { isJsonText } from '../json.ts';
import { readRequestHead } from './request-head.ts';
import { Problem, queueFull } from '../problem.ts';
import { bytesOf, isEventKey, isRequestId } from '../request.ts';
import type { HttpLimits } from '../limits.ts';
import { JSON_MEDIA_TYPE, mediaTypeProblem } from '../upload-route.ts';
import { UPLOAD_ROUTE, type UploadResponse, type UploadHandler } from '../upload-handler.ts';

export interface FastPathOptions {
  readonly uploads: UploadHandler;
  readonly contentTypes: ContentTypes;
  /** `undefined` if anybody may send anything. */
  readonly sources: Sources | undefined;
  readonly limits: HttpLimits;
  readonly budget: MemoryAccount;
  readonly metrics: HttpMetrics;
  /** Turns the fast path on. */
  readonly fastPath: boolean;
}

const FAST = { path: 'fast' } as const;

/** Head of a plain upload. */
interface FastUpload {
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly contentType: ContentType | undefined;
  readonly key: Buffer | undefined;
  /** `undefined` if a new id is needed. */
  readonly id: string | undefined;
  readonly authorization: string | undefined;
  readonly source: string | undefined;
}

/** Handles chunks that are exactly one plain upload. Leaves every other chunk untouched. */
export class FastPath {
  readonly #options: FastPathOptions;

  constructor(options: FastPathOptions) {
    this.#options = options;
  }

  /**
   * Stores the upload in this chunk. @returns `undefined`, without any effect, if the chunk is not exactly one plain
   * upload
   */
  store(chunk: Buffer): Promise<UploadResponse> | undefined {
    const upload = this.#options.fastPath ? this.#read(chunk) : undefined;
    return upload && this.#store(chunk, upload);
  }

  /** Parses the head. Never refuses a request: one with an invalid head is left to Node's parser. */
  #read(chunk: Buffer): FastUpload | undefined {
    const { contentTypes, limits } = this.#options;
    const head = readRequestHead(chunk);
    if (head === undefined || head.bodyBytes > limits.maxBodyBytes) return undefined;
    if (head.eventKey !== undefined && !isEventKey(head.eventKey)) return undefined;
    const contentType = head.contentType === undefined ? undefined : contentTypes.read(head.contentType);
    if (contentType !== undefined && mediaTypeProblem(contentType) !== undefined) return undefined;
    return {
      headBytes: head.bytes,
      bodyBytes: head.bodyBytes,
      contentType,
      key: head.eventKey === undefined ? undefined : bytesOf(head.eventKey),
      id: head.requestId !== undefined && isRequestId(head.requestId) ? head.requestId : undefined,
      authorization: head.authorization,
      source: head.source,
    };
  }

  /** @returns `undefined` if the body is not valid JSON, which Node's path reports */
  #store(chunk: Buffer, upload: FastUpload): Promise<UploadResponse> | undefined {
    const { uploads, budget, sources } = this.#options;
    const { headBytes, bodyBytes, contentType, key, id } = upload;
    const refuse = (problem: Problem) => Promise.resolve(uploads.refuse(id ?? randomUUID(), problem));
    // As in Node's path: the sender, the quota and the budget before the body.
    const sender = sources && admit(sources, upload.authorization, upload.source);
    if (sender instanceof Problem) return refuse(sender);
    const waitMs = sender?.waitMs(1, 1, bodyBytes) ?? 0;
    if (waitMs > 0) return refuse(overQuota(waitMs));
    if (!budget.fits(bodyBytes)) return refuse(queueFull());
    const body = chunk.subarray(headBytes);
    if (contentType?.mediaType === JSON_MEDIA_TYPE && !isJsonText(body)) return undefined;
    sender?.spend(1, 1, bodyBytes);
    // The budget counts only the body. Copy it if the chunk also holds a larger head, or data before this request, so
    // that a queued record does not keep those in memory.
    const value = headBytes > bodyBytes || chunk.byteOffset > 0 ? Buffer.from(body) : body;
    return uploads.store({ id: id ?? randomUUID(), contentType, key }, value);
  }

  /** @param arrival as of `performance.now()` */
  observe(status: number, arrival: number): void {
    const seconds = (performance.now() - arrival) / 1_000;
    this.#options.metrics.uploads.inc(FAST);
    this.#options.metrics.duration.observe({ route: UPLOAD_ROUTE, status }, seconds);
  }
}
