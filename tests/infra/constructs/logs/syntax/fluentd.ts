/** A directive of Fluentd's configuration, as its own parser would see it. */
export interface ParsedDirective {
  readonly name: string;
  readonly argument: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly sections: readonly ParsedDirective[];
}

/** Directives and `@include`s at the top of a file. */
export interface ParsedFile {
  readonly directives: readonly ParsedDirective[];
  readonly includes: readonly string[];
}

interface Open {
  name: string;
  argument: string;
  parameters: Record<string, string>;
  sections: ParsedDirective[];
}

/**
 * Reads Fluentd's v1 syntax: sections that close in order, one parameter a line, no parameter twice. Values stay as
 * written but for quotes.
 *
 * @throws {Error} that names the line
 * @see https://docs.fluentd.org/configuration/config-file
 */
export function parseFluentd(text: string): ParsedFile {
  const root: Open = { name: '', argument: '', parameters: {}, sections: [] };
  const includes: string[] = [];
  const open: Open[] = [root];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const current = open.at(-1) ?? root;
    const fail = (what: string): never => {
      throw new Error(`line ${index + 1}: ${what}: ${line}`);
    };
    if (line === '' || line.startsWith('#')) continue;
    const [, opened, argument = ''] = /^<([a-z_]+)(?:\s+([^>]+))?>$/.exec(line) ?? [];
    const [, closed] = /^<\/([a-z_]+)>$/.exec(line) ?? [];
    const [, key, value = ''] = /^(@?[a-z_0-9]+)\s+(.*)$/.exec(line) ?? [];
    if (opened !== undefined) open.push({ name: opened, argument, parameters: {}, sections: [] });
    else if (closed !== undefined) {
      if (current.name !== closed) fail(`closes ${closed}, open is ${current.name}`);
      open.pop();
      (open.at(-1) ?? root).sections.push(current);
    } else if (key === undefined) fail('neither a section nor a parameter');
    else if (key === '@include') includes.push(value);
    else if (current === root) fail('a parameter outside of a section');
    else if (key in current.parameters) fail('the parameter stands there already');
    else current.parameters[key] = unquoted(value, fail);
  }
  if (open.length > 1) throw new Error(`${open.at(-1)?.name ?? ''} is not closed`);
  return { directives: root.sections, includes };
}

function unquoted(value: string, fail: (what: string) => never): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return /\s#/.test(value) ? fail('the rest would be a comment') : value;
  const [, inner] = /^'((?:[^'\\]|\\.)*)'$/.exec(value) ?? /^"((?:[^"\\]|\\.)*)"$/.exec(value) ?? [];
  if (inner === undefined) return fail('a quote is not closed');
  return inner.replaceAll(/\\(.)/g, '$1');
}

/** Every directive of this name, at any depth, whose `@type` is this. */
export function ofType(
  directives: readonly ParsedDirective[],
  name: string,
  type?: string,
): ParsedDirective[] {
  return directives.flatMap((directive) => [
    ...(directive.name === name && (type === undefined || directive.parameters['@type'] === type)
      ? [directive]
      : []),
    ...ofType(directive.sections, name, type),
  ]);
}
