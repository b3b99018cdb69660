interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter?: Node<T>;
  /** What ends here, with the names of its parameters in order. */
  target?: { readonly value: T; readonly names: readonly string[] };
  /** `{*rest}`: whatever follows. */
  rest?: T;
}

export interface RouteMatch<T> {
  readonly value: T;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the function of a path: segment by segment, a literal before a parameter before `{*rest}`. */
export class PathRouter<T> {
  readonly #root: Node<T> = { literals: new Map() };

  /** `template` has no leading slash. */
  add(template: string, value: T): void {
    let node = this.#root;
    const names: string[] = [];
    for (const segment of template.split("/").filter(Boolean)) {
      if (segment.startsWith("{*")) {
        node.rest = value;
        return;
      }
      if (segment.startsWith("{")) {
        names.push(segment.slice(1, -1));
        node.parameter ??= { literals: new Map() };
        node = node.parameter;
      } else {
        let next = node.literals.get(segment);
        if (next === undefined) {
          next = { literals: new Map() };
          node.literals.set(segment, next);
        }
        node = next;
      }
    }
    node.target = { value, names };
  }

  /** The match of a path that begins with a slash, with or without one at its end. Throws `URIError` for bad percent-encoding. */
  find(path: string): RouteMatch<T> | undefined {
    const segments = (path.length > 1 && path.endsWith("/") ? path.slice(1, -1) : path.slice(1)).split("/");
    return this.#match(this.#root, path === "/" ? [] : segments, 0, []);
  }

  #match(node: Node<T>, segments: readonly string[], at: number, values: readonly string[]): RouteMatch<T> | undefined {
    const segment = segments[at];
    if (segment === undefined) {
      if (node.target !== undefined) {
        const { value, names } = node.target;
        return { value, params: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index]!)])) };
      }
    } else {
      const literal = node.literals.get(segment);
      const found =
        (literal && this.#match(literal, segments, at + 1, values)) ??
        (node.parameter && segment !== "" ? this.#match(node.parameter, segments, at + 1, [...values, segment]) : undefined);
      if (found !== undefined) {
        return found;
      }
    }
    return node.rest === undefined ? undefined : { value: node.rest, params: {} };
  }
}
