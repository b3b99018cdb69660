import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { openSigner, verifySignature } from "../../../shared/signing/signer.ts";
import { mintSigningKey } from "../../../shared/signing/signing-keys.ts";
import { destroySalts } from "../../../shared/visitors/destroy-salts.ts";
import { dayOf, type SaltDestruction, type SaltDocument, saltOfDay, saltsPartition } from "../../../shared/visitors/salts.ts";
import { type Visitor, visitorHash } from "../../../shared/visitors/visitor-hash.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Fate, mortalProcess } from "../../support/mortal-process.ts";
import { type ClockedStore, clockedStores } from "../../support/salt-stores.ts";

const day = 86_400_000;
const signingKey = mintSigningKey();
const signer = openSigner(async () => signingKey);

describe.each(clockedStores)("destroying salts, on %s", (_, openStore) => {
  let open: ClockedStore;
  const instance = () => saltOfDay({ ...open, log: silentLog });
  const destroy = (store: DocumentStore = open.store, log: Log = silentLog) => destroySalts({ store, clock: open.clock }, signer)(log);
  const read = async (id: string) => (await open.store.get<SaltDocument | SaltDestruction>("visitor-salts", saltsPartition, id))?.document;
  /** A salt of a day that is over now, and its period. */
  const overdueSalt = async () => {
    await open.jump(dayOf(open.clock.now()).endsAt - open.clock.now());
    const { id } = dayOf(open.clock.now());
    const salt = (await instance()())!;
    await open.jump(day);
    return { id, salt };
  };
  const expectDestroyed = async (id: string, salt: Buffer) => {
    const record = (await read(id)) as SaltDestruction;
    const { signature, type, period, destroyed_at, salt_hash } = record;
    expect(record).toEqual({ id, pk: saltsPartition, type, period, destroyed_at, salt_hash, signature });
    expect({ type, period, salt_hash }).toEqual({
      type: "salt-destruction",
      period: id,
      salt_hash: createHash("sha256").update(salt).digest("hex"),
    });
    expect(Date.parse(destroyed_at)).toBeGreaterThanOrEqual(Date.parse(id.slice("day:".length)) + day);
    expect(verifySignature({ type, period, destroyed_at, salt_hash }, signature, await signer.publicKeys())).toBe(true);
  };
  beforeAll(async () => {
    open = await openStore();
  });
  afterAll(() => open.close());

  it("puts a signed record in the place of a salt as soon as its day is over, and not before", async () => {
    await open.jump(dayOf(open.clock.now()).endsAt - open.clock.now());
    const salt = (await instance()())!;
    const { id } = dayOf(open.clock.now());
    await open.jump(day - 1);
    await destroy();
    expect(await read(id)).toMatchObject({ type: "salt", salt: salt.toString("base64url") });
    await open.jump(1);
    const next = (await instance()())!;
    await destroy();
    await expectDestroyed(id, salt);
    expect(await read(dayOf(open.clock.now()).id)).toMatchObject({ type: "salt", salt: next.toString("base64url") });
  });

  it("keeps the record as it is when run again, also years later", async () => {
    const { id, salt } = await overdueSalt();
    await destroy();
    const record = await read(id);
    await open.jump(3 * 365 * day);
    await destroy();
    expect(await read(id)).toEqual(record);
    await expectDestroyed(id, salt);
  });

  it("makes one record when two do it at once", async () => {
    const { id, salt } = await overdueSalt();
    const lines: object[] = [];
    const log = { ...silentLog, info: (fields: object) => void lines.push(fields) };
    await Promise.all([destroy(open.store, log), destroy(open.store, log)]);
    expect(lines).toEqual([{ event: "visitor_salt_destroyed", period: id }]);
    await expectDestroyed(id, salt);
  });

  it("destroys every salt that was left over", async () => {
    await open.jump(dayOf(open.clock.now()).endsAt - open.clock.now());
    const made: { id: string; salt: Buffer }[] = [];
    for (let days = 0; days < 3; days++) {
      made.push({ id: dayOf(open.clock.now()).id, salt: (await instance()())! });
      await open.jump(day);
    }
    await destroy();
    for (const { id, salt } of made) {
      await expectDestroyed(id, salt);
    }
  });

  it("leaves salt or record, never both nor neither, wherever the process dies", async () => {
    const steps: string[] = [];
    const run = async (fateOf: (step: string) => Fate) => {
      const { id, salt } = await overdueSalt();
      const process = mortalProcess(fateOf);
      await destroy(process.wrap(open.store, "store")).catch(() => undefined);
      const left = await read(id);
      expect(["salt", "salt-destruction"]).toContain(left?.type);
      expect(JSON.stringify(left).includes(salt.toString("base64url"))).toBe(left?.type === "salt");
      await destroy();
      await expectDestroyed(id, salt);
    };
    await run((step) => {
      steps.push(step);
      return "never";
    });
    expect(steps).toEqual(["store.query", "store.replace"]);
    for (const fate of ["before", "after"] as const) {
      for (let at = 0; at < steps.length; at++) {
        let calls = 0;
        await run(() => (calls++ === at ? fate : "never"));
      }
    }
  });

  it("keeps the salt while nobody can sign, and says so to its host", async () => {
    const { id, salt } = await overdueSalt();
    const unable = { sign: () => Promise.reject(new Error("no signing key")) };
    await expect(destroySalts(open, unable)(silentLog)).rejects.toThrow("no signing key");
    expect(await read(id)).toMatchObject({ type: "salt" });
    await destroy();
    await expectDestroyed(id, salt);
  });

  it("lets no instance whose clock is behind make another salt for the day", async () => {
    const { id, salt } = await overdueSalt();
    await destroy();
    const lines: object[] = [];
    const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
    const behind = saltOfDay({ store: open.store, clock: new FakeClock(open.clock.now() - 60_000), log });
    expect(await behind()).toBeUndefined();
    expect(lines).toMatchObject([{ event: "visitor_salt_unavailable", period: id }]);
    await expectDestroyed(id, salt);
  });
});

describe("a destroyed salt", () => {
  const visitor: Visitor = {
    tenantId: "tenant-a",
    pageUrl: "https://shop.example/",
    ip: "203.0.113.7",
    userAgent: "Mozilla/5.0 Firefox/140.0",
  };
  /** Everything of the data folder: the database, its log, and whatever lies beside them. */
  const dump = (folder: string) => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  /** Whether any 32 bytes that lie together, or that any text stands for, are the salt of a visitor's hash. */
  const canRecompute = (everything: Buffer, hash: string) => {
    const text = everything.toString("latin1");
    const isSalt = (bytes: Buffer) => bytes.length === 32 && visitorHash(bytes, visitor) === hash;
    for (let at = 0; at + 32 <= everything.length; at++) {
      const isText = /^[\w+/-]{43}$/.test(text.slice(at, at + 43));
      const isHex = /^[0-9a-f]{64}$/i.test(text.slice(at, at + 64));
      if (
        (everything[at] !== 0 && isSalt(everything.subarray(at, at + 32))) ||
        (isText && isSalt(Buffer.from(text.slice(at, at + 43), "base64url"))) ||
        (isHex && isSalt(Buffer.from(text.slice(at, at + 64), "hex")))
      ) {
        return true;
      }
    }
    return false;
  };
  const partsOf = (salt: Buffer) => [salt.toString("base64url"), salt.toString("hex"), salt.toString("latin1")];

  it("is nowhere in database, log and secrets, and its day's hashes can't be made again", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const salt = (await saltOfDay({ ...open, log: silentLog })())!;
    const hash = visitorHash(salt, visitor)!;
    await open.store.create("events", { id: "e", pk: "tenant-a|0", visitor_hash: hash } as never);
    const everything = () => Buffer.concat([dump(open.folder), Buffer.from(signingKey)]);
    expect(partsOf(salt).some((part) => everything().toString("latin1").includes(part))).toBe(true);
    expect(canRecompute(everything(), hash)).toBe(true);

    await open.clock.jump(day);
    await saltOfDay({ ...open, log: silentLog })();
    await destroySalts(open, signer)(silentLog);
    // Until then what was deleted may stand in the write-ahead log.
    await open.clock.advance(5_000);
    const left = everything().toString("latin1");
    expect(left).toContain(hash);
    expect(left).toContain(createHash("sha256").update(salt).digest("hex"));
    for (const part of partsOf(salt)) {
      const pieces = [0, 1, 2].map((piece) => part.slice((piece * part.length) / 3, ((piece + 1) * part.length) / 3));
      expect(pieces.filter((piece) => left.includes(piece))).toEqual([]);
    }
    expect(canRecompute(everything(), hash)).toBe(false);
  });

  it("stays gone while records pile up and pages of the file split", async () => {
    const open = openTestStore();
    onTestFinished(open.close);
    const salts: string[] = [];
    for (let days = 0; days < 60; days++) {
      salts.push((await saltOfDay({ ...open, log: silentLog })())!.toString("base64url"));
      await open.clock.jump(day);
      await saltOfDay({ ...open, log: silentLog })();
      await destroySalts(open, signer)(silentLog);
      await open.clock.advance(5_000);
      const left = dump(open.folder).toString("latin1");
      expect(salts.filter((salt) => left.includes(salt.slice(0, 14)) || left.includes(salt.slice(-14)))).toEqual([]);
    }
  });

  it("would be found if it lay anywhere in a dump", () => {
    const salt = randomBytes(32);
    const hash = visitorHash(salt, visitor)!;
    const around = (middle: Buffer) => Buffer.concat([randomBytes(101), middle, randomBytes(77)]);
    expect(canRecompute(around(salt), hash)).toBe(true);
    expect(canRecompute(around(Buffer.from(salt.toString("hex"))), hash)).toBe(true);
    expect(canRecompute(around(Buffer.from(`"${salt.toString("base64url")}"`)), hash)).toBe(true);
    expect(canRecompute(around(randomBytes(32)), hash)).toBe(false);
  });
});
