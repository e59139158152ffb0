/** A name below a place. */
export const below = (place: string, name: string): string => (/[:/]$/.test(place) ? place + name : `${place}/${name}`);

/** What a place begins with that is no path on it: `STORAGE:`, or `/`. */
function rootOf(place: string): string {
  if (place.startsWith("/")) return "/";
  return place.slice(0, place.indexOf(":") + 1);
}

/** The place above; none above a storage as a whole. */
export function above(place: string): string | undefined {
  const root = rootOf(place);
  const rest = place.slice(root.length).replace(/\/+$/, "");
  if (rest === "") return undefined;
  return root + rest.slice(0, Math.max(0, rest.lastIndexOf("/")));
}

/** The steps from a storage to a place: what each is called, and where it leads. */
export function steps(place: string): Array<{ word: string; to: string }> {
  const root = rootOf(place);
  const rest = place.slice(root.length).split("/").filter(Boolean);
  return [{ word: root, to: root }, ...rest.map((word, at) => ({ word, to: root + rest.slice(0, at + 1).join("/") }))];
}

/** A place as it may be written by hand: a storage alone gets its colon, and a slash too many goes. */
export function tidy(text: string, names: string[]): string {
  const place = text.trim();
  if (names.includes(place)) return `${place}:`;
  return place.length > 1 && !place.endsWith(":/") ? place.replace(/\/+$/, "") : place;
}
