import { badRequest } from "./cosmos-error.ts";
import { pathOf, type Query } from "./sql-ast.ts";

interface IndexedPath {
  readonly path: string;
}

export interface IndexingPolicy {
  readonly indexingMode?: string;
  readonly automatic?: boolean;
  readonly includedPaths?: readonly IndexedPath[];
  readonly excludedPaths?: readonly IndexedPath[];
  readonly compositeIndexes?: readonly (readonly (IndexedPath & { readonly order?: string })[])[];
}

/** Refuses with 400 an ORDER BY that no index serves: by an excluded path, or by several keys without a composite index. */
export function checkOrderIsIndexed(policy: IndexingPolicy, { orderBy }: Query): void {
  if (!orderBy) return;
  const keys = orderBy.map(({ expression, descending }) => ({ path: pathOf(expression), descending }));
  if (keys.length > 1) {
    if (!(policy.compositeIndexes ?? []).some((index) => serves(index, keys))) {
      throw badRequest("The order by query does not have a corresponding composite index that it can be served from.");
    }
    return;
  }
  const path = keys[0]?.path;
  // These two are always indexed.
  if (!path || path === "/_ts" || path === "/id") return;
  if (policy.indexingMode === "none" || closeness(policy.includedPaths, path) < closeness(policy.excludedPaths, path)) {
    throw badRequest("The order-by item requires a range index to be defined on the corresponding index path.");
  }
}

/** The same paths in the same order, all in the index's direction or all in the opposite one. */
function serves(
  index: readonly (IndexedPath & { readonly order?: string })[],
  keys: readonly { readonly path: string | undefined; readonly descending: boolean }[],
): boolean {
  const turned = index.map(({ order }, n) => (order === "descending") !== keys[n]?.descending);
  return index.length === keys.length && index.every(({ path }, n) => path === keys[n]?.path) && new Set(turned).size === 1;
}

/** How precisely the best of some patterns names a path; -1 if none does. The more precise of two policies wins. */
function closeness(patterns: readonly IndexedPath[] = [], path: string): number {
  return Math.max(-1, ...patterns.map(({ path: pattern }) => closenessOf(pattern, path)));
}

function closenessOf(pattern: string, path: string): number {
  const base = pattern.replace(/\/[?*]$/, "").replaceAll('"', "");
  if (pattern.endsWith("/?")) return path === base ? Number.POSITIVE_INFINITY : -1;
  return path === base || path.startsWith(`${base}/`) ? base.length : -1;
}
