/** The values of a Java properties file; `undefined` leaves the name out. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Java properties text, sorted by name, so that equal values give equal text.
 *
 * @throws {Error} on a name or value that would need escaping: none of ours does
 */
export function renderProperties(properties: Properties): string {
  const lines: string[] = [];
  for (const name of Object.keys(properties).sort()) {
    const value = properties[name];
    if (value === undefined) continue;
    const text = String(value);
    if (!/^[\w.-]+$/.test(name))
      throw new Error(`property name must be letters, digits, . _ -, got ${JSON.stringify(name)}`);
    if (/[\\\r\n]|^\s/.test(text)) {
      throw new Error(
        `${name} must be one line without backslash or leading space, got ${JSON.stringify(text)}`,
      );
    }
    lines.push(`${name}=${text}\n`);
  }
  return lines.join('');
}
