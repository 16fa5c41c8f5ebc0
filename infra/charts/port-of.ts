/** Port of a URL, stated or its scheme's own. */
export function portOf(endpoint: string): number {
  const { port, protocol } = new URL(endpoint);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
