const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
/** RFC 9110, 8.3.1, as Fastify parses it: parameters are not checked. */
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?:;|$)`);
/** Bound of the cache; clients of a producer send few distinct values. */
const MAX_KEPT = 100;

export interface ContentType {
  /** Without parameters, in lower case; `undefined` if it is not a media type. */
  readonly mediaType: string | undefined;
  /** The bytes that the client sent: Node decodes headers as Latin-1. */
  readonly bytes: Buffer;
}

/** Caches the parsed headers: most requests of a client have the same one. */
export class ContentTypes {
  readonly #known = new Map<string, ContentType>();

  read(header: string): ContentType {
    const known = this.#known.get(header);
    if (known !== undefined) return known;
    const contentType = {
      mediaType: MEDIA_TYPE.exec(header)?.[1]?.toLowerCase(),
      bytes: Buffer.from(header, 'latin1'),
    };
    if (this.#known.size < MAX_KEPT) this.#known.set(header, contentType);
    return contentType;
  }
}

/** The media type without parameters, in lower case; empty if the header is absent. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
