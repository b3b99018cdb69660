/** Reads secrets by reference: a name, or a full secret URI of the configured vault, with or without version. */
export interface Secrets {
  /**
   * The value of a secret that was put there for this tenant or for everybody (see `readableBy`); another's is as good as none. `refresh` skips
   * what is cached (after a provider's 401). Throws `Problem("store-unavailable")` when the vault can't answer.
   */
  get(tenantId: string, reference: string, options?: { refresh?: boolean }): Promise<string | "not-found">;
  /** The value of a secret of the gateway's own, whose name an operator set; never with a name that came from a tenant. Throws as `get` does. */
  getOwn(reference: string): Promise<string | "not-found">;
  /** Says whether a reference has the right form and points to the configured vault; a text says what is wrong with it. */
  check(reference: string): "ok" | { readonly refused: string };
}

/** The owner of a secret that all tenants may use. */
export const everybody = "*";

/** A secret is one tenant's, or everybody's; one without an owner is the gateway's own, and nobody else's. */
export const readableBy = (tenantId: string, owner: string | undefined): boolean => owner === everybody || owner === tenantId;
