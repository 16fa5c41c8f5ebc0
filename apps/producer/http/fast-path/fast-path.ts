import { randomUUID } from 'node:crypto';
import type { MemoryAccount } from '../../../service/memory/memory-account.ts';
import type { HttpMetrics } from '../../metrics.ts';
import type { ContentType, ContentTypes } from '../content-types.ts';
import { isJsonText } from '../json.ts';
import { readRequestHead } from './request-head.ts';
import { queueFull } from '../problem.ts';
import { bytesOf, isEventKey, isRequestId } from '../request.ts';
import type { HttpLimits } from '../limits.ts';
import { JSON_MEDIA_TYPE, mediaTypeProblem } from '../upload-route.ts';
import { UPLOAD_ROUTE, type UploadResponse, type UploadHandler } from '../upload-handler.ts';

export interface FastPathOptions {
  readonly uploads: UploadHandler;
  readonly contentTypes: ContentTypes;
  readonly limits: HttpLimits;
  readonly budget: MemoryAccount;
  readonly metrics: HttpMetrics;
  /** Whether any upload is taken as plain. */
  readonly fastPath: boolean;
}

const FAST = { path: 'fast' } as const;

/** What the head of a plain upload says. */
interface FastUpload {
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly contentType: ContentType | undefined;
  readonly key: Buffer | undefined;
  /** `undefined` where one has to be made. */
  readonly id: string | undefined;
}

/** Takes chunks of bytes that are one whole plain upload. Every other chunk is left untouched. */
export class FastPath {
  readonly #options: FastPathOptions;

  constructor(options: FastPathOptions) {
    this.#options = options;
  }

  /** Stores what is one whole plain upload. @returns `undefined`, before anything has happened, where it is none */
  store(chunk: Buffer): Promise<UploadResponse> | undefined {
    const upload = this.#options.fastPath ? this.#read(chunk) : undefined;
    return upload && this.#store(chunk, upload);
  }

  /** Reads what the head says, and refuses nothing: what would be refused for its head is not plain. */
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
    };
  }

  /** @returns `undefined` where the body is to be refused for what it says */
  #store(
    chunk: Buffer,
    { headBytes, bodyBytes, contentType, key, id }: FastUpload,
  ): Promise<UploadResponse> | undefined {
    const { uploads, budget } = this.#options;
    // As in the other way: a spent budget is said before the body is looked at.
    if (!budget.fits(bodyBytes)) {
      return Promise.resolve(uploads.refuse(id ?? randomUUID(), queueFull()));
    }
    const body = chunk.subarray(headBytes);
    if (contentType?.mediaType === JSON_MEDIA_TYPE && !isJsonText(body)) return undefined;
    // The budget counts the body alone: what waits for Kafka is not to keep a head besides that is larger, or what came
    // before in one piece with it.
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
