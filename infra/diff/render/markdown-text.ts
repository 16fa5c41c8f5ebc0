/**
 * Writes untrusted texts as code: GitHub then ignores markup, links, mentions and issue numbers in them.
 *
 * @see https://github.github.com/gfm/
 */

/** Writes a code block with a fence that is longer than any in the text, so that the text cannot end it. */
export function fence(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/** Writes code on one line, also for a table cell, which ticks and bars would end. */
export function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

/** Writes code inside HTML, on one line, because an empty line would end the HTML. */
export function htmlCode(text: string): string {
  const escaped = oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<code>${escaped}</code>`;
}

/** Returns a plain word unchanged, and any other text as code. */
export function word(text: string): string {
  return /^[a-z]+(-[a-z]+)*$/.test(text) ? text : code(text);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
