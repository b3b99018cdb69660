/** Reads secrets by reference: a name, or a full secret URI of the configured vault, with or without version. */
export interface Secrets {
  /** The secret's value; `refresh` skips what is cached (after a provider's 401). Throws `Problem("store-unavailable")` when the vault can't answer. */
  get(reference: string, options?: { refresh?: boolean }): Promise<string | "not-found">;
  /** Says whether a reference has the right form and points to the configured vault; a text says what is wrong with it. */
  check(reference: string): "ok" | { readonly refused: string };
}
