import { isCodec, isDelivery, type Codec, type Delivery } from './segment.ts';

/** Reads and writes the layout of a prefix. */
export interface LayoutStore {
  get(key: string, signal: AbortSignal): Promise<{ readonly body: Buffer } | undefined>;
  putIfAbsent(key: string, body: Buffer, signal: AbortSignal): Promise<boolean>;
  replace(key: string, body: Buffer, signal: AbortSignal): Promise<void>;
}

/** Properties of all objects of a prefix, which never change. */
export interface Layout {
  readonly codec: Codec;
  readonly delivery: Delivery;
  /** The prefix whose chains the chains of this one continue, each from its end. */
  readonly continues: string | undefined;
}

/** The prefix that another one continues. */
export interface Continued {
  readonly prefix: string;
  /** `undefined` if it has expired, with its chains. */
  readonly layout: Layout | undefined;
}

/** The configuration contradicts the prefix: the consumer must not write there. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

const VERSION = 1;

/** The key of a prefix's layout. */
export function layoutKey(prefix: string): string {
  return prefix === '' ? '_layout.json' : `${prefix}/_layout.json`;
}

/**
 * Stores the layout of a prefix if there is none yet, else compares it with the configuration. With exactly-once delivery it
 * also checks that the store refuses to replace an object: else two writers could replace each other's.
 *
 * @returns the prefix that this one continues, if any
 * @throws {LayoutError}
 */
export async function agreeOnLayout(
  store: LayoutStore,
  prefix: string,
  layout: Layout,
  signal: AbortSignal,
): Promise<Continued | undefined> {
  const key = layoutKey(prefix);
  const mine = printLayout(layout);
  let stored = await store.get(key, signal);
  const continued = await readContinued(store, layout, signal);
  if (stored === undefined) {
    // It may expire later. Missing now, it is a wrong name.
    if (continued !== undefined && continued.layout === undefined) {
      throw new LayoutError(
        `STORE_CONTINUES must be the prefix of earlier objects, got ${JSON.stringify(continued.prefix)}: ` +
          `${layoutKey(continued.prefix)} is not there`,
      );
    }
    if (layout.delivery === 'exactly-once') await store.putIfAbsent(key, mine, signal);
    else await store.replace(key, mine, signal);
    stored = await store.get(key, signal);
  }
  const found = stored?.body ?? Buffer.from('');
  compare(key, readLayout(key, found), layout);
  // Writes the stored bytes: a store that does replace them does no harm.
  if (layout.delivery === 'exactly-once' && (await store.putIfAbsent(key, found, signal))) {
    throw new LayoutError(
      `${key}: the store replaced it though told not to (If-None-Match: *), so two writers could replace each ` +
        'other: only DELIVERY=at-least-once works with this store',
    );
  }
  return continued;
}

async function readContinued(
  store: LayoutStore,
  { continues: prefix }: Layout,
  signal: AbortSignal,
): Promise<Continued | undefined> {
  if (prefix === undefined) return undefined;
  const key = layoutKey(prefix);
  const stored = await store.get(key, signal);
  if (stored === undefined) return { prefix, layout: undefined };
  const { codec, delivery } = readLayout(key, stored.body);
  if (!isCodec(codec) || !isDelivery(delivery)) throw unknownLayout(key, stored.body);
  return { prefix, layout: { codec, delivery, continues: undefined } };
}

export function printLayout({ codec, delivery, continues }: Layout): Buffer {
  return Buffer.from(
    JSON.stringify({
      format: 'ndjson',
      codec,
      version: VERSION,
      ...(delivery === 'at-least-once' && { delivery }),
      ...(continues !== undefined && { continues }),
    }),
  );
}

function compare(key: string, found: ReturnType<typeof printable>, layout: Layout): void {
  const configured = printable(layout);
  for (const name of ['format', 'codec', 'version', 'delivery', 'continues'] as const) {
    if (found[name] === configured[name]) continue;
    const say = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
    throw new LayoutError(
      `${key}: ${name} must be what the prefix was made with, ${say(found[name])}, got ${say(configured[name])}: ` +
        'use a new STORE_PREFIX, with every consumer of the group stopped, or correct the configuration',
    );
  }
}

type Printed = Record<'format' | 'codec' | 'version' | 'delivery' | 'continues', unknown>;

function printable(layout: Layout): Printed {
  return { format: 'ndjson', version: VERSION, ...layout };
}

function readLayout(key: string, body: Buffer): Printed {
  try {
    const {
      format,
      codec,
      version,
      delivery = 'exactly-once',
      continues,
    } = JSON.parse(body.toString()) as Partial<Printed>;
    return { format, codec, version, delivery, continues };
  } catch (error) {
    throw unknownLayout(key, body, error);
  }
}

function unknownLayout(key: string, body: Buffer, cause?: unknown): LayoutError {
  const found = JSON.stringify(body.toString());
  return new LayoutError(`${key}: must be the layout of its prefix, found ${found}`, { cause });
}
