/** What a `*_ref` field names (spec 2.4): a secret of the configured vault, or a secret's URI with or without version. */
export type SecretReference =
  | { readonly kind: "name"; readonly name: string }
  /** `vault` is the URI's origin, such as `https://example.vault.azure.net`. */
  | { readonly kind: "uri"; readonly vault: string; readonly name: string; readonly version?: string };

/** The rule of Key Vault for names of secrets. */
const secretName = /^[0-9A-Za-z-]{1,127}$/;
const secretPath = /^\/secrets\/([0-9A-Za-z-]{1,127})(?:\/([0-9a-f]{32}))?$/i;

/**
 * Reads a reference, or says what is wrong with it without repeating any of it. Whether the vault of a URI is the configured one
 * is the `Secrets` adapter's to say.
 */
export function parseSecretReference(reference: string): SecretReference | { readonly refused: string } {
  if (looksLikeSecret(reference)) return { refused: "it looks like a secret; give the name under which the vault holds it" };
  if (secretName.test(reference)) return { kind: "name", name: reference };

  const url = isUri(reference) ? URL.parse(reference) : null;
  // The comparison with the URL's own spelling refuses user names, queries, fragments and dotted path segments at once.
  const path = url && url.origin + url.pathname === reference ? secretPath.exec(url.pathname) : null;
  if (!url || !path?.[1])
    return { refused: "it is neither a secret's name nor a secret's URI (https://<vault>/secrets/<name>[/<version>])" };
  return { kind: "uri", vault: url.origin, name: path[1], ...(path[2] ? { version: path[2] } : {}) };
}

/** Beginnings that makers of keys chose so that their keys are recognised. Those with `_` or `.` are caught by the alphabet anyway. */
const knownPrefix =
  /^(?:ph[cxars]_|[cprs]k_|api_|gh[opsu]_|github_pat_|whsec_|eyJ[0-9A-Za-z]{8}|sk-(?:proj|ant|svcacct)-|sk-[0-9A-Za-z]{16}|glpat-|xox[abops]-|AKIA[0-9A-Z]{12}|AIza[0-9A-Za-z-]{20})/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const longHex = /^(?=.*[0-9])[0-9a-f]{24,}$/i;

/**
 * Says whether a value looks like a secret that was put where its reference belongs: it begins like a known kind of key, is a UUID or
 * long hexadecimal number, has characters that no reference has (as passwords and base64 do), or has a long random part.
 * A guess: a password that is an ordinary word passes, and is then only a name that is not found.
 */
export function looksLikeSecret(value: string): boolean {
  if (knownPrefix.test(value) || uuid.test(value)) return true;
  if (isUri(value)) {
    const name = URL.parse(value)?.pathname.split("/")[2];
    return name !== undefined && secretName.test(name) && looksLikeSecret(name);
  }
  if (!/^[0-9A-Za-z-]*$/.test(value)) return true;
  return value.split("-").some((part) => longHex.test(part) || looksRandom(part));
}

function isUri(value: string): boolean {
  return value.startsWith("https://");
}

/** A part counts from here on; shorter ones are too few characters to tell. */
const randomCharsMin = 20;

/**
 * Words, even run together in camelCase with a year at the end, make few pieces and cover most of the text; random characters change
 * their kind all the time. A piece is a run of digits, of capitals, or of small letters with at most one capital before them.
 */
function looksRandom(part: string): boolean {
  if (part.length < randomCharsMin) return false;
  const pieces = part.match(/[0-9]+|[A-Z]?[a-z]+|[A-Z]+/g) ?? [];
  if (pieces.length * 3 > part.length) return true;
  const wordChars = pieces.filter((piece) => piece.length >= 4 && /[aeiouy]/i.test(piece)).join("").length;
  return wordChars * 2 < part.length;
}
