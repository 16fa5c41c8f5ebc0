/** A plugin of a Logstash pipeline: its name, and its settings as written. */
export interface ParsedPlugin {
  readonly name: string;
  readonly settings: Readonly<Record<string, ParsedValue>>;
  /** The conditions under which it runs, outermost first. */
  readonly conditions: readonly string[];
}

export type ParsedValue =
  string | number | boolean | readonly ParsedValue[] | { readonly [key: string]: ParsedValue };

/**
 * Reads a Logstash pipeline by its grammar: sections, plugins, conditions, and settings of every type.
 *
 * @throws {Error} that shows what stands where something else should
 * @see https://www.elastic.co/docs/reference/logstash/configuration-file-structure
 */
export function parseLogstash(text: string): Readonly<Record<string, readonly ParsedPlugin[]>> {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|=>|[{}[\],]|[^\s{}[\],"]+/g) ?? [];
  let position = 0;
  const peek = () => tokens[position] ?? 'the end';
  const next = () => tokens[position++] ?? 'the end';
  const expect = (token: string) => {
    const found = next();
    if (found !== token)
      throw new Error(
        `expected ${token}, found ${found} before ${tokens.slice(position, position + 5).join(' ')}`,
      );
  };

  const value = (): ParsedValue => {
    const token = next();
    if (token === '[') {
      const items: ParsedValue[] = [];
      while (peek() !== ']') {
        items.push(value());
        if (peek() === ',') next();
      }
      next();
      return items;
    }
    if (token === '{') {
      const hash: Record<string, ParsedValue> = {};
      while (peek() !== '}') {
        const key = String(scalar(next()));
        expect('=>');
        hash[key] = value();
      }
      next();
      return hash;
    }
    return scalar(token);
  };

  const block = (conditions: readonly string[]): ParsedPlugin[] => {
    expect('{');
    const plugins: ParsedPlugin[] = [];
    while (peek() !== '}') {
      if (peek() === 'if' || peek() === 'else') {
        let condition = next();
        while (peek() !== '{') condition += next();
        plugins.push(...block([...conditions, condition]));
        continue;
      }
      const name = next();
      if (!/^[a-z_]+$/.test(name)) throw new Error(`a plugin's name must be a word, found ${name}`);
      expect('{');
      const settings: Record<string, ParsedValue> = {};
      while (peek() !== '}') {
        const key = next();
        if (key in settings) throw new Error(`${name}: ${key} stands there twice`);
        expect('=>');
        settings[key] = value();
      }
      next();
      plugins.push({ name, settings, conditions });
    }
    next();
    return plugins;
  };

  const sections: Record<string, ParsedPlugin[]> = {};
  while (position < tokens.length) {
    const name = next();
    if (!['input', 'filter', 'output'].includes(name)) throw new Error(`no section is named ${name}`);
    sections[name] = block([]);
  }
  return sections;
}

function scalar(token: string): string | number | boolean {
  if (token.startsWith('"')) return token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  if (/^[0-9]+$/.test(token)) return Number(token);
  if (token === 'true' || token === 'false') return token === 'true';
  if (/^[a-z_]+$/.test(token)) return token;
  throw new Error(`a value must be quoted, a number or a word, found ${token}`);
}
