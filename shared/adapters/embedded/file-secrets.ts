import { readFile } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { parseSecretReference } from "../../ports/secret-reference.ts";
import { everybody, type Secrets } from "../../ports/secrets.ts";

/** How tenants' ids look. */
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** The file is read at most this often, unless `refresh` asks for it. */
const rereadMs = 250;

/**
 * Secrets in a JSON file: an object of name → value, which are everybody's, and of tenant's id → such an object, which are that tenant's. A
 * changed file counts within 250 ms; a missing one has no secrets. When a change leaves it unreadable the last readable content stays in force
 * and the log says so, once. Throws at the start if the file is there and can't be read. Neither log nor error repeats any of it.
 */
export async function openFileSecrets(
  path: string,
  { clock, log }: { clock: Pick<Clock, "now">; log: Pick<Log, "warn"> },
): Promise<Secrets> {
  let text = await readText(path);
  let secrets = parse(text);
  let readAt = clock.now();
  let reading: Promise<void> | undefined;
  let reported: string | undefined;

  // Comparing the text itself, not its date and size: two changes within one tick of the file system's clock look alike.
  const reread = async () => {
    readAt = clock.now();
    try {
      const newText = await readText(path);
      reported = undefined;
      if (newText === text) return;
      text = newText;
      secrets = parse(newText);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      if (reason !== reported) log.warn({ event: "secrets_file_unreadable", reason });
      reported = reason;
    }
  };
  const readOnce = () => {
    reading ??= reread().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return {
    async get(tenantId, reference, options) {
      const parsed = parseSecretReference(reference);
      if (!("name" in parsed) || parsed.kind !== "name") return "not-found";
      // A read under way may have begun before the change that the caller knows of.
      if (options?.refresh && reading) await reading;
      if (options?.refresh || reading || clock.now() - readAt >= rereadMs) await readOnce();
      return secrets.get(tenantId)?.get(parsed.name) ?? secrets.get(everybody)?.get(parsed.name) ?? "not-found";
    },
    // What the gateway itself needs lies in files of their own.
    getOwn: async () => "not-found",
    check(reference) {
      const parsed = parseSecretReference(reference);
      if ("refused" in parsed) return parsed;
      return parsed.kind === "name"
        ? "ok"
        : { refused: "this gateway keeps its secrets in a file and has no vault; give the secret's name" };
    },
  };
}

/** The file's text, `undefined` if there is no file. The errors of Node are replaced: their texts may hold what was read. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    if (code === "ENOENT") return undefined;
    throw new Error(`The secrets file can't be read (${code})`);
  }
}

/** The secrets by their owner. */
function parse(text: string | undefined): ReadonlyMap<string, ReadonlyMap<string, string>> {
  let content: unknown = {};
  if (text !== undefined) {
    try {
      content = JSON.parse(text);
    } catch {
      throw new Error("The secrets file is not JSON");
    }
  }
  if (!isObject(content)) throw new Error("The secrets file is not a JSON object");
  const texts: [string, string][] = [];
  const secrets = new Map<string, ReadonlyMap<string, string>>();
  for (const [name, value] of Object.entries(content)) {
    if (typeof value === "string") texts.push([name, value]);
    // Under another name it would be a mistake that nobody notices.
    else if (uuid.test(name) && isObject(value) && Object.values(value).every((one) => typeof one === "string")) {
      secrets.set(name, new Map(Object.entries(value as Record<string, string>)));
    } else throw new Error("The secrets file has a value that is neither a text nor a tenant's object of texts");
  }
  return secrets.set(everybody, new Map(texts));
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
