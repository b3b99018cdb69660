import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestStore } from "../../../support/embedded-store.ts";

describe("the embedded outbox", () => {
  let open: ReturnType<typeof openTestStore>;
  beforeEach(() => {
    open = openTestStore();
  });
  afterEach(() => open.close());

  const event = (id: string) => ({ id, pk: "t|0" });
  const message = (id: string) => ({ queue: "q", id, body: {} });
  const received = async () => (await open.queue.receive("q", { max: 10, waitMs: 0 })).map(({ id }) => id);

  it("sends what goes with new documents, and tells new from taken ids", async () => {
    await open.store.create("events", event("b"));
    const results = await open.outbox.createThenSend(
      "events",
      () => [event("a"), event("b"), event("a")],
      (created) => ({
        documents: [{ container: "deliveries", document: event("batch") }],
        messages: created.map(({ id }) => message(id)),
      }),
    );
    expect(results).toEqual(["created", "conflict", "conflict"]);
    expect(await received()).toEqual(["a"]);
    expect(await open.store.get("deliveries", "t|0", "batch")).toBeDefined();
  });

  it("keeps neither document nor message when what follows fails", async () => {
    const broken = open.outbox.createThenSend(
      "events",
      () => [event("a")],
      () => {
        throw new Error("broken");
      },
    );
    const sound = open.outbox.createThenSend(
      "events",
      () => [event("b")],
      () => ({ documents: [], messages: [message("b")] }),
    );
    await expect(broken).rejects.toThrow("broken");
    expect(await sound).toEqual(["created"]);
    expect(await open.store.get("events", "t|0", "a")).toBeUndefined();
    expect(await received()).toEqual(["b"]);
  });

  it("sends nothing with a batch that is not applied", async () => {
    await open.store.create("events", event("a"));
    const result = await open.outbox.applyThenSend("events", "t|0", [{ type: "create", document: event("a") }], [message("m")]);
    expect(result.applied).toBe(false);
    expect(await received()).toEqual([]);
  });
});
