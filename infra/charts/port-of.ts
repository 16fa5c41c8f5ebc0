/** Port of a URL: explicit, or the default of its scheme. */
export function portOf(endpoint: string): number {
  const { port, protocol } = new URL(endpoint);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
