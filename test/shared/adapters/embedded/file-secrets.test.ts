import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileSecrets } from "../../../../shared/adapters/embedded/file-secrets.ts";
import { everybody } from "../../../../shared/ports/secrets.ts";
import { secretsContract } from "../../../contracts/secrets.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

secretsContract("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "secrets-"));
  const path = join(folder, "secrets.json");
  const content: Record<string, string | Record<string, string | undefined> | undefined> = {};
  return {
    secrets: await openFileSecrets(path, { clock: new FakeClock(), log: { warn() {} } }),
    async put(name, value, owner) {
      if (owner === undefined || owner === everybody) content[name] = value;
      else content[owner] = { ...(content[owner] as object), [name]: value };
      await writeFile(`${path}.new`, JSON.stringify(content));
      await rename(`${path}.new`, path);
    },
    close: () => rm(folder, { recursive: true }),
  };
});

const tenant = "019b76da-a800-7385-a336-adaccee5a000";

describe("openFileSecrets", () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let warnings: object[];
  const open = () => openFileSecrets(path, { clock, log: { warn: (fields) => warnings.push(fields) } });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "secrets-"));
    path = join(folder, "secrets.json");
    clock = new FakeClock();
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has no secrets while the file is missing, and those of a file that comes later", async () => {
    const secrets = await open();
    expect(await secrets.get(tenant, "a")).toBe("not-found");

    await writeFile(path, '{"a":"one"}');
    await clock.advance(250);

    expect(await secrets.get(tenant, "a")).toBe("one");
    expect(warnings).toEqual([]);
  });

  it("reads again after 250 ms, and not before", async () => {
    await writeFile(path, '{"a":"one"}');
    const secrets = await open();
    await writeFile(path, '{"a":"two"}');

    await clock.advance(249);
    expect(await secrets.get(tenant, "a")).toBe("one");
    await clock.advance(1);
    expect(await secrets.get(tenant, "a")).toBe("two");
  });

  it("sees a change of the same length within the same millisecond", async () => {
    await writeFile(path, '{"a":"0"}');
    const secrets = await open();

    for (let turn = 1; turn < 10; turn += 1) {
      await writeFile(path, `{"a":"${turn}"}`);
      expect(await secrets.get(tenant, "a", { refresh: true })).toBe(`${turn}`);
    }
  });

  it.each([
    ["text that is not JSON", '{"a":"hunter2'],
    ["JSON that is no object", '["hunter2"]'],
    ["a value that is no text", '{"a":["hunter2"]}'],
    ["an object under what is no tenant's id", '{"a":{"value":"hunter2"}}'],
    ["a tenant's value that is no text", `{"${tenant}":{"a":{"value":"hunter2"}}}`],
  ])("keeps the last good secrets over %s, says so once, and recovers", async (_, broken) => {
    await writeFile(path, '{"a":"one"}');
    const secrets = await open();

    await writeFile(path, broken);
    for (let turn = 0; turn < 3; turn += 1) expect(await secrets.get(tenant, "a", { refresh: true })).toBe("one");

    expect(warnings).toEqual([{ event: "secrets_file_unreadable", reason: expect.stringMatching(/^The secrets file (is|has)/) }]);
    expect(JSON.stringify(warnings)).not.toContain("hunter2");
    await writeFile(path, '{"a":"two"}');
    expect(await secrets.get(tenant, "a", { refresh: true })).toBe("two");
    expect(warnings).toHaveLength(1);
  });

  it("keeps the last good secrets when the path can't be read, and says so once", async () => {
    await writeFile(path, '{"a":"one"}');
    const secrets = await open();
    await rm(path);
    await mkdir(path);

    for (let turn = 0; turn < 3; turn += 1) expect(await secrets.get(tenant, "a", { refresh: true })).toBe("one");

    expect(warnings).toEqual([{ event: "secrets_file_unreadable", reason: "The secrets file can't be read (EISDIR)" }]);
  });

  it("prefers a tenant's own secret to everybody's of the same name", async () => {
    await writeFile(path, JSON.stringify({ a: "everybody's", [tenant]: { a: "the tenant's" } }));
    const secrets = await open();
    expect(await secrets.get(tenant, "a")).toBe("the tenant's");
    expect(await secrets.get("019b76da-a800-7385-a336-adaccee5a001", "a")).toBe("everybody's");
  });

  it("refuses to open a file that is not JSON, with an error that repeats none of it", async () => {
    await writeFile(path, '{"a":"hunter2');

    const error = await open().catch((reason: unknown) => reason);

    expect(error).toEqual(new Error("The secrets file is not JSON"));
    expect((error as Error).cause).toBeUndefined();
  });
});
