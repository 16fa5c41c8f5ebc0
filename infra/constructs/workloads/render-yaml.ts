import { Document, isScalar, Scalar, visit } from 'yaml';

/**
 * Strings that some YAML parser reads as another type: numbers in any notation of YAML 1.1, YAML 1.2 or Go (`0o17`,
 * `1_000`, `0b1`, `1e3`, `1:30`), dates, booleans and null in any spelling (`yes`, `~`), the merge key and the default
 * value (`<<`, `=`).
 */
const AMBIGUOUS = new RegExp(
  `^(${[
    '[-+]?0[xob][0-9a-f_]+',
    '[-+]?[0-9_]*[.]?[0-9_]*(e[-+]?[0-9_]+)?',
    '[-+]?[0-9][0-9_]*(:[0-9]{1,2})+([.][0-9_]*)?',
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?',
    '[-+]?[.](inf|nan)',
    '~|null|true|false|yes|no|on|off|y|n|<<|=',
  ].join('|')})$`,
  'i',
);

/** Line breaks of YAML 1.1 only, and characters that parsers reject unless they are escaped. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Renders values as YAML documents that every parser reads in the same way: YAML 1.1 (PyYAML, Ruby's Psych), 1.2, and
 * the mixture of both in the libraries for Go.
 *
 * @throws Error for a value that YAML cannot express, such as a function
 */
export function renderYaml(...values: readonly unknown[]): string {
  return values.map(renderDocument).join('---\n');
}

function renderDocument(value: unknown): string {
  const document = new Document(value, { version: '1.2', compat: 'yaml-1.1' });
  visit(document, (_, node) => {
    if (isScalar(node) && typeof node.value === 'string' && needsQuotes(node.value)) {
      node.type = Scalar.QUOTE_DOUBLE;
    }
  });
  const text = document.toString({ lineWidth: 0 });
  // All of them are in double quotes.
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function needsQuotes(text: string): boolean {
  return AMBIGUOUS.test(text) || text.search(UNPRINTABLE) >= 0;
}
