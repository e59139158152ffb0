// A tree as one list of rows, of which any part can be asked for: folders that are open stand below their own row.

/** An open folder: how many entries it has, and which of them are open folders, by their place in it, ascending. */
export interface Branch {
  folder: string;
  total: number;
  open: Array<[index: number, branch: Branch]>;
}

/** A row: an entry of a folder, and how deep it stands. */
export interface Spot {
  folder: string;
  index: number;
  depth: number;
}

/** How many rows a branch takes. */
export function rowsIn(branch: Branch): number {
  return branch.open.reduce((all, [, child]) => all + rowsIn(child), branch.total);
}

/** What stands in a row of a branch. */
export function spotAt(branch: Branch, at: number, depth = 0): Spot | undefined {
  let rest = at;
  for (const [index, child] of branch.open) {
    if (rest <= index) break;
    const below = rowsIn(child);
    if (rest <= index + below) return spotAt(child, rest - index - 1, depth + 1);
    rest -= below;
  }
  return rest < branch.total ? { folder: branch.folder, index: rest, depth } : undefined;
}

/** The folder that holds a path. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/**
 * The branch of a folder, from the folders that are open (their place in their own folder) and what is known of their lengths.
 * An open folder of which nothing is known yet takes no rows.
 */
export function branchOf(folder: string, opened: ReadonlyMap<string, number>, totals: ReadonlyMap<string, number>): Branch {
  const open = [...opened]
    .filter(([path]) => path !== "" && parentOf(path) === folder)
    .map(([path, index]): [number, Branch] => [index, branchOf(path, opened, totals)])
    .toSorted(([a], [b]) => a - b);
  return { folder, total: totals.get(folder) ?? 0, open };
}
