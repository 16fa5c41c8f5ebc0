/** A value of a Fluentd parameter. Fluentd evaluates Ruby when it reads its configuration. */
export type FluentdValue = string | number | boolean | readonly string[] | { readonly ruby: string };

/** One directive: `<name argument>`, its parameters, its sections. */
export interface FluentdDirective {
  readonly name: 'system' | 'source' | 'filter' | 'match' | 'label' | (string & {});
  /** A tag pattern, a label or a section's argument. @default - none */
  readonly argument?: string;
  /** @default - none */
  readonly parameters?: Readonly<Record<string, FluentdValue>>;
  /** @default - none */
  readonly sections?: readonly FluentdDirective[];
}

/** Reads a file when Fluentd starts, without surrounding whitespace: puts a Secret into a parameter. */
export function contentsOf(path: string): { readonly ruby: string } {
  return { ruby: `File.read('${path}').strip` };
}

/** Renders directives in order; sorts the parameters, so that equal input gives equal text. */
export function renderDirectives(directives: readonly FluentdDirective[]): string {
  return directives.map((directive) => `${render(directive, '').join('\n')}\n`).join('\n');
}

function render(
  { name, argument, parameters = {}, sections = [] }: FluentdDirective,
  indent: string,
): string[] {
  const inner = `${indent}  `;
  return [
    `${indent}<${name}${argument === undefined ? '' : ` ${argument}`}>`,
    ...Object.keys(parameters)
      .sort()
      .map((key) => `${inner}${key} ${renderValue(key, parameters[key])}`),
    ...sections.flatMap((section) => render(section, inner)),
    `${indent}</${name}>`,
  ];
}

function renderValue(key: string, value: FluentdValue | undefined): string {
  if (value === undefined) throw new Error(`fluentd: parameter ${key} must have a value`);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value === 'object') return `"#{${(value as { ruby: string }).ruby}}"`;
  const text = value;
  if (text.includes('\n'))
    throw new Error(`fluentd: parameter ${key} must be one line, got ${JSON.stringify(text)}`);
  // Regular expressions are written verbatim. Single quotes keep Fluentd from interpreting #{…}, # and [ in a literal.
  if (/^\/.*\/$/.test(text) || /^[\w@$./:*%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
