import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Config } from "../../../shared/configs/config.ts";
import { closedBreaker, type Observation } from "../../../shared/delivery/breaker.ts";
import { readBreaker } from "../../../shared/delivery/breaker-store.ts";
import { type Passage, passCircuit, reportToCircuit } from "../../../shared/delivery/circuit.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FamilyStore, storeFamilies } from "../../support/store-families.ts";

const failed: Observation = { kind: "failed", reason: "status 500" };
const worked: Observation = { kind: "worked" };
const none = () => 0;

describe.each(storeFamilies)("a circuit that several instances share, over %s", (_, openStore) => {
  let open: FamilyStore;
  let ports: { readonly store: FamilyStore["store"]; readonly clock: FakeClock };
  beforeEach(async () => {
    open = await openStore();
    ports = { store: open.store, clock: new FakeClock() };
    const at = new Date(ports.clock.now()).toISOString();
    const config = {
      id: "one",
      pk: "tenant-a",
      tenant_id: "tenant-a",
      provider: "acme",
      status: "active",
      status_history: [],
      updated_at: at,
    };
    await ports.store.create("configs", config as unknown as Config);
  });
  afterEach(() => open.close());

  const config = async () => (await ports.store.get<Config>("configs", "tenant-a", "one"))!.document;
  const pass = async () => passCircuit(ports, await config(), none, silentLog);
  const report = (passage: Passage, seen: Observation) => reportToCircuit(ports, passage, seen, none, silentLog);
  const enter = async (): Promise<Passage> => {
    const passage = await pass();
    expect(passage).not.toHaveProperty("notBefore");
    return passage as Passage;
  };
  const openIt = async () => {
    for (let message = 0; message < 5; message++) {
      await report(await enter(), failed);
    }
  };

  it("counts the failures of messages that were in work at the same time, each once", async () => {
    const passages = await Promise.all(Array.from({ length: 4 }, enter));
    await Promise.all(passages.map((passage) => report(passage, failed)));
    expect((await readBreaker(ports, await config())).state).toEqual({ failures: 4, openings: 0 });
    expect(await report(await enter(), failed)).toBe(ports.clock.now() + 30_000);
    expect(await config()).toMatchObject({ status: "error", status_history: [{ to: "error", by: "gateway" }] });
  });

  it("lets one of many at once begin a probe", async () => {
    await openIt();
    expect(await pass()).toEqual({ notBefore: ports.clock.now() + 30_000 });
    await ports.clock.advance(30_000);
    const passages = await Promise.all(Array.from({ length: 8 }, pass));
    expect(passages.filter((passage) => "probe" in passage)).toHaveLength(1);
    expect(passages.filter((passage) => "notBefore" in passage && passage.notBefore === ports.clock.now() + 2_000)).toHaveLength(7);
  });

  it("is closed for all by the probe, and for nobody by a message from before", async () => {
    const before = await enter();
    await openIt();
    await report(before, worked);
    expect(await pass()).toHaveProperty("notBefore");
    await ports.clock.advance(30_000);
    await report(await enter(), worked);
    expect(await config()).toMatchObject({ status: "active", status_reason: "the provider takes events again" });
    expect((await readBreaker(ports, await config())).state).toEqual(closedBreaker);
    const passages = await Promise.all([pass(), pass()]);
    expect(passages.every((passage) => "config" in passage && passage.probe === undefined)).toBe(true);
  });

  it("is left alone by a message of the config as it was before its tenant changed it", async () => {
    const old = await enter();
    await ports.clock.advance(1_000);
    const { document, etag } = (await ports.store.get<Config>("configs", "tenant-a", "one"))!;
    await ports.store.replace("configs", { ...document, updated_at: new Date(ports.clock.now()).toISOString() }, etag);
    await openIt();
    const { state } = await readBreaker(ports, await config());
    const reads = vi.spyOn(ports.store, "get");
    await report(old, { kind: "refused", reason: "old" });
    expect(reads.mock.calls.length).toBeLessThanOrEqual(1);
    expect((await readBreaker(ports, await config())).state).toEqual(state);
    expect(await config()).toMatchObject({ status_reason: "status 500" });
  });
});
