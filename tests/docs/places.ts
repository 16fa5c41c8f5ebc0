/**
 * A page with what stands between `<!-- name: … -->` and `<!-- end of name -->` replaced, for each name.
 *
 * @throws Error where the page has no such place
 */
export function replacePlaces(page: string, text: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((current, [name, content]) => {
    const place = new RegExp(`(<!-- ${name}: .*? -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
    if (!place.test(current)) throw new Error(`${page} must have a place for ${name}`);
    return current.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n${end}`);
  }, text);
}
