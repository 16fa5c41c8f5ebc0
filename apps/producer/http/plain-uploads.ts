import { randomUUID } from 'node:crypto';
import type { Budget } from '../budget.ts';
import type { HttpMetrics } from '../metrics.ts';
import type { ContentType, ContentTypes } from './content-type.ts';
import { isJsonText } from './json.ts';
import { readPlainHead } from './plain-request.ts';
import { queueFull } from './problem.ts';
import { bytesOf, isEventKey, isRequestId } from './request.ts';
import type { HttpLimits } from './limits.ts';
import { JSON_MEDIA_TYPE, mediaTypeProblem } from './upload.ts';
import { UPLOAD_ROUTE, type UploadAnswer, type Uploads } from './uploads.ts';

export interface PlainUploadsOptions {
  readonly uploads: Uploads;
  readonly contentTypes: ContentTypes;
  readonly limits: HttpLimits;
  readonly budget: Budget;
  readonly metrics: HttpMetrics;
}

/** What the head of a plain upload says, with the head itself: a client sends the same one again and again. */
export interface PlainUpload {
  readonly head: Buffer;
  readonly bodyBytes: number;
  readonly contentType: ContentType | undefined;
  readonly key: Buffer | undefined;
  /** `undefined` where one has to be made. */
  readonly id: string | undefined;
}

/** Uploads as chunks of bytes, and what becomes of those that are plain. What is not is left untouched. */
export class PlainUploads {
  readonly #options: PlainUploadsOptions;

  constructor(options: PlainUploadsOptions) {
    this.#options = options;
  }

  /**
   * Reads what the head says, and refuses nothing: what would be refused for its head is not plain.
   *
   * @param last what the connection sent before
   */
  read(chunk: Buffer, last: PlainUpload | undefined): PlainUpload | undefined {
    if (last !== undefined && isSame(chunk, last)) return last;
    const { contentTypes, limits } = this.#options;
    const head = readPlainHead(chunk);
    if (head === undefined || head.bodyBytes > limits.maxBodyBytes) return undefined;
    if (head.eventKey !== undefined && !isEventKey(head.eventKey)) return undefined;
    const contentType = head.contentType === undefined ? undefined : contentTypes.read(head.contentType);
    if (contentType !== undefined && mediaTypeProblem(contentType) !== undefined) return undefined;
    return {
      // A copy: the body that comes with it does not have to live as long.
      head: Buffer.from(chunk.subarray(0, head.bytes)),
      bodyBytes: head.bodyBytes,
      contentType,
      key: head.eventKey === undefined ? undefined : bytesOf(head.eventKey),
      id: head.requestId !== undefined && isRequestId(head.requestId) ? head.requestId : undefined,
    };
  }

  /** @returns `undefined`, before anything has happened, where the body is to be refused for what it says */
  store(
    chunk: Buffer,
    { head, bodyBytes, contentType, key, id }: PlainUpload,
  ): Promise<UploadAnswer> | undefined {
    const { uploads, budget } = this.#options;
    // As in the other way: a spent budget is said before the body is looked at.
    if (!budget.fits(0, bodyBytes)) {
      return Promise.resolve(uploads.refuse(id ?? randomUUID(), queueFull()));
    }
    const body = chunk.subarray(head.length);
    if (contentType?.mediaType === JSON_MEDIA_TYPE && !isJsonText(body)) return undefined;
    // The budget counts the body alone: what waits for Kafka is not to keep a head besides that is larger, or what came
    // before in one piece with it.
    const value = head.length > bodyBytes || chunk.byteOffset > 0 ? Buffer.from(body) : body;
    return uploads.store({ id: id ?? randomUUID(), contentType, key }, value);
  }

  /** @param arrival as of `performance.now()` */
  observe(status: number, arrival: number): void {
    const seconds = (performance.now() - arrival) / 1_000;
    this.#options.metrics.duration.observe({ route: UPLOAD_ROUTE, status }, seconds);
  }
}

/** The same head with a body as long is one whole request again. */
function isSame(chunk: Buffer, { head, bodyBytes }: PlainUpload): boolean {
  return (
    chunk.length === head.length + bodyBytes && chunk.compare(head, 0, head.length, 0, head.length) === 0
  );
}
