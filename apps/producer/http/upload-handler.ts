import type { Log } from '../../service/log.ts';
import type { RecordLog, StoredRecord } from '../delivery/record-log.ts';
import type { HttpMetrics } from '../metrics.ts';
import type { ContentType } from './content-types.ts';
import { noteProblem } from './error-responses.ts';
import { toProblem } from './problem.ts';
import { recordHeaders } from './request.ts';

export interface UploadHandlerOptions {
  readonly recordLog: RecordLog;
  readonly metrics: HttpMetrics;
  readonly log: Log;
  readonly draining: AbortSignal;
}

/** Properties of the record from the head of an upload. */
export interface UploadHead {
  readonly id: string;
  readonly contentType: ContentType | undefined;
  readonly key: Buffer | undefined;
}

export interface UploadResponse {
  readonly status: number;
  /** Names and values alternate. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly encoding: 'latin1' | 'utf8';
  /** Whether the connection closes after this response. */
  readonly last: boolean;
}

export const UPLOAD_ROUTE = '/upload';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Stores an accepted body and builds the response, however the request was read. */
export class UploadHandler {
  readonly #options: UploadHandlerOptions;
  readonly #topic: string;
  readonly #stored = { route: UPLOAD_ROUTE, code: 'stored' };

  constructor(options: UploadHandlerOptions) {
    this.#options = options;
    this.#topic = JSON.stringify(options.recordLog.topic);
  }

  /** Never rejects: a record that was not acknowledged also has a response. */
  store({ id, contentType, key }: UploadHead, value: Buffer): Promise<UploadResponse> {
    const headers = recordHeaders(id, contentType?.bytes);
    const record = key === undefined ? { value, headers } : { value, headers, key };
    return this.#options.recordLog.append(record).then(
      (stored) => this.#respondStored(id, stored),
      (error: unknown) => this.refuse(id, error),
    );
  }

  #respondStored(id: string, { partition, offset, timestamp }: StoredRecord): UploadResponse {
    this.#options.metrics.records.inc(this.#stored);
    const body = `{"topic":${this.#topic},"partition":${partition},"offset":${offset},"timestamp":${timestamp}}`;
    return this.#respond(201, id, body);
  }

  /** Builds the response of an error, and counts it. */
  refuse(id: string, error: unknown): UploadResponse {
    const { metrics, log } = this.#options;
    const problem = toProblem(error);
    const body = JSON.stringify(noteProblem(problem, { id, route: UPLOAD_ROUTE, error, log }, metrics));
    return this.#respond(problem.statusCode, id, body, problem.headers);
  }

  #respond(
    status: number,
    id: string,
    body: string,
    { connection, ...others }: Readonly<Record<string, string>> = {},
  ): UploadResponse {
    const bytes = Buffer.byteLength(body);
    const headers = ['x-request-id', id, 'content-type', JSON_TYPE, 'content-length', String(bytes)];
    for (const header of Object.entries(others)) headers.push(...header);
    // Checked late, so that a request in progress when draining starts also closes its connection.
    const last = this.#options.draining.aborted || connection === 'close';
    // Node writes ASCII faster as Latin-1.
    return { status, headers, body, encoding: bytes === body.length ? 'latin1' : 'utf8', last };
  }
}
