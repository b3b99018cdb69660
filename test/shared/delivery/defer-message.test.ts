import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deferWhileUnavailable } from "../../../shared/delivery/defer-message.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";

const minute = 60_000;

describe("a message whose handling meets a store that can't answer", () => {
  let open: ReturnType<typeof openTestStore>;
  let lines: object[];
  beforeEach(() => {
    lines = [];
    open = openTestStore();
  });
  afterEach(() => open.close());

  const unavailable = () => Promise.reject(new Problem("store-unavailable"));
  const handle = (message: { deferrals?: number }, work: () => Promise<void>) =>
    deferWhileUnavailable(open)("events", "batch-1", message, work, { ...silentLog, warn: (line) => void lines.push(line) });
  const received = async () => {
    const messages = await open.queue.receive("events", { max: 10, waitMs: 0 });
    await Promise.all(messages.map((message) => open.queue.complete(message)));
    return messages.map(({ body }) => body as { deferrals?: number });
  };

  it("is finished with, and comes again as a copy later and later, up to ten minutes, as often as it takes", async () => {
    const waits: number[] = [];
    let message: { deferrals?: number } = { events: [1] } as object;
    for (let round = 0; round < 8; round++) {
      await handle(message, unavailable);
      const from = open.now();
      let [copy] = await received();
      while (copy === undefined) {
        await open.clock.jump(10_000);
        [copy] = await received();
      }
      waits.push(open.now() - from);
      message = copy;
    }
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 10, 10, 10].map((minutes) => minutes * minute));
    expect(message).toEqual({ events: [1], deferrals: 8 });
  });

  it("is told of, with what it is about and when it comes again", async () => {
    const ids = { tenant_id: "t", batch_id: "b", config_id: "c", attempt: 2 };
    await handle({ ...ids, deferrals: 1, visitor: "ada" } as object, unavailable);
    const not_before = new Date(open.now() + minute).toISOString();
    expect(lines).toEqual([{ event: "message_deferred", queue: "events", ...ids, deferrals: 2, not_before }]);
  });

  it("is put off once when it is handled twice", async () => {
    await handle({}, unavailable);
    await handle({}, unavailable);
    await open.clock.jump(minute);
    expect(await received()).toEqual([{ deferrals: 1 }]);
  });

  it.each([
    ["nothing goes wrong", undefined],
    ["something else does", new Error("a bug")],
    ["another problem does", new Problem("conflict")],
  ])("is not put off when %s", async (_, error) => {
    const handled = handle({}, async () => {
      if (error !== undefined) {
        throw error;
      }
    });
    await (error === undefined ? handled : expect(handled).rejects.toBe(error));
    await open.clock.jump(60 * minute);
    expect(await received()).toEqual([]);
  });
});
