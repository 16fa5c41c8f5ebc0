/**
 * Texts of which nothing is known but that they are texts: what would be markup, a link, a mention or the name of another
 * issue of GitHub's in one stands in code, where GitHub makes nothing of it.
 *
 * @see https://github.github.com/gfm/
 */

/** A fence longer than any within, so that no value ends it. */
export function fence(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/** On one line, also in a cell of a table: ticks and bars would end it. */
export function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

/** Within HTML, on one line: an empty one would end the HTML. */
export function htmlCode(text: string): string {
  const escaped = oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<code>${escaped}</code>`;
}

/** A word that can be nothing else as it is, any other text as code. */
export function word(text: string): string {
  return /^[a-z]+(-[a-z]+)*$/.test(text) ? text : code(text);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
