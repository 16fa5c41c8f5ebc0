const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
/** RFC 9110, 8.3.1, as Fastify reads it: what follows the first semicolon is not looked at. */
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?:;|$)`);
/** A producer has few kinds of clients; beyond them nothing is kept. */
const MAX_KEPT = 100;

export interface ContentType {
  /** Without its parameters, in lower case; `undefined` where it is none. */
  readonly mediaType: string | undefined;
  /** The header as it was sent: Node decodes it as Latin-1. */
  readonly bytes: Buffer;
}

/** Reads each distinct header once: all requests of a client have the same. */
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

/** The media type without its parameters, in lower case; empty where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
