import { parseDocument } from 'yaml';
import { parseJson, valueOfDocument } from './exact-numbers.ts';
import { canonicalText, ORDER, type Tree, type TreeMap } from './tree.ts';

/**
 * Parses the text of a configuration file into properties, sections or a document, so that order, indentation and
 * comments make no difference. Returns text of an unknown format unchanged.
 */
export function readConfigText(name: string, text: string): Tree {
  if (/\.properties$|^zoo\.cfg$/.test(name)) return readProperties(text) ?? text;
  if (/\.ya?ml$/.test(name)) return readDocument(text, readYaml);
  if (name.endsWith('.json')) return readDocument(text, parseJson);
  if (name.endsWith('.conf') && /^\s*<\w/m.test(text)) return readFluentd(text) ?? text;
  return text;
}

function readDocument(text: string, read: (text: string) => unknown): Tree {
  try {
    return (read(text) as Tree | undefined) ?? text;
  } catch {
    return text;
  }
}

/**
 * Parses YAML. Some programs read YAML 1.1, others 1.2, so a text must have the same value in both: `yes` does not.
 *
 * @throws {Error} if the text is not YAML, or its value depends on the version
 */
function readYaml(text: string): unknown {
  const [old, value] = (['1.1', '1.2'] as const).map((version) => {
    const document = parseDocument(text, { version });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return valueOfDocument(document, text) as Tree;
  });
  if (old === undefined || value === undefined || canonicalText(old) !== canonicalText(value)) {
    throw new Error('the value of the text depends on the version of YAML');
  }
  return value;
}

/**
 * Parses a Java properties file of one pair per line, as Kafka and ZooKeeper read it. If a property occurs twice, the
 * last one applies.
 *
 * @returns undefined if a line is not a pair
 * @see https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
export function readProperties(text: string): TreeMap | undefined {
  const pairs: [string, string][] = [];
  for (const line of text.replace(/\\\r?\n[ \t]*/g, '').split(/\r?\n/)) {
    if (/^\s*([#!]|$)/.test(line)) continue;
    const [, key, value] = /^\s*((?:\\.|[^\s=:\\])+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    pairs.push([unescape(key), unescape(value)]);
  }
  return Object.fromEntries(pairs);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => ({ t: '\t', n: '\n', r: '\r' })[letter] ?? letter);
}

interface Section {
  readonly key: string;
  readonly words: string;
  readonly held: [string, Tree][];
}

/**
 * Parses Fluentd's sections and their parameters. The key of a section is its `@id`, otherwise its type, its pattern and
 * a number. Fluentd depends on the order of sections, so the order is a value too.
 *
 * @returns undefined if the text does not consist of sections and parameters
 * @see https://docs.fluentd.org/configuration/config-file
 */
export function readFluentd(text: string): TreeMap | undefined {
  const open: Section[] = [{ key: '', words: '', held: [] }];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, end] = /^<\/(\w+)>$/.exec(line) ?? [];
    const [, begin, words = ''] = /^<(\w+)(?:\s+(.*?))?>$/.exec(line) ?? [];
    const inner = open.at(-1);
    if (inner === undefined) return undefined;
    if (end !== undefined) {
      const outer = open.at(-2);
      if (outer === undefined || inner.key !== end) return undefined;
      open.pop();
      addSection(outer, inner);
    } else if (begin !== undefined) {
      open.push({ key: begin, words, held: [] });
    } else {
      const [, name, value = ''] = /^(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
      if (name === undefined || line.startsWith('<')) return undefined;
      inner.held.push([name, value]);
    }
  }
  const [root] = open;
  return root === undefined || open.length > 1 ? undefined : toMap(root);
}

function addSection(outer: Section, section: Section): void {
  const parameters = new Map(section.held);
  const id = parameters.get('@id');
  const name = typeof id === 'string' ? `@${id}` : [section.key, section.words].filter(Boolean).join(' ');
  const taken = new Set(outer.held.map(([key]) => key));
  let key = `[${name}]`;
  for (let next = 2; taken.has(key); next += 1) key = `[${name} #${next}]`;
  const heading = { section: section.key, ...(section.words !== '' && { pattern: section.words }) };
  outer.held.push([key, { ...heading, ...toMap(section) }]);
}

function toMap({ held }: Section): TreeMap {
  const order = held.map(([key]) => key).filter((key) => key.startsWith('['));
  return { ...Object.fromEntries(held), ...(order.length > 1 && { [ORDER]: order }) };
}
