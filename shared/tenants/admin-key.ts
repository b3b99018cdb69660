import { randomBytes } from "node:crypto";

/** Characters that an operator's own admin key has to have at least; those made here have 46. */
export const adminKeyCharsMin = 16;

/** A new admin key: 256 random bits. */
export const mintAdminKey = (): string => `ca_${randomBytes(32).toString("base64url")}`;
