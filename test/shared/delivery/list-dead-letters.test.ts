import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeadLetterPosition, listDeadLetters } from "../../../shared/delivery/list-dead-letters.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

interface Item {
  readonly event_id: string;
  readonly event_name: string | null;
  readonly dead_lettered_at: string;
}

describe("the list of dead letters", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
    await scene.config("one");
  });
  afterEach(() => scene.close());

  const list = async (filter: Parameters<ReturnType<typeof listDeadLetters>>[1]) => {
    const { items, next } = await listDeadLetters(scene.ports)(scene.tenant, filter);
    return { items: items as Item[], next };
  };
  const allBy = async (limit: number) => {
    const pages: Item[][] = [];
    let after: DeadLetterPosition | undefined;
    do {
      const page = await list({ limit, after });
      pages.push(page.items);
      after = page.next;
    } while (after !== undefined);
    return pages;
  };

  it("gives each once, newest first, on pages of any size, over all partitions, also of one and the same moment", async () => {
    for (const names of [["a", "b", "c"], ["d"], ["e", "f"]]) {
      await scene.deadLetters(...names.map((event_name) => ({ event_name })));
    }
    for (let at = 0; at < 5; at++) {
      await scene.fanOut(await scene.post({ event_name: `same-${at}` }, { event_name: `same-${at}` }));
    }
    await scene.breakDown();
    const whole = (await allBy(100)).flat();
    expect(whole).toHaveLength(16);
    const times = whole.map(({ dead_lettered_at }) => dead_lettered_at);
    expect(times).toEqual([...times].sort().reverse());
    expect(whole.slice(-6).map(({ event_name }) => event_name)).toEqual(["e", "f", "d", "a", "b", "c"]);
    for (const limit of [1, 2, 3, 5, 15, 16]) {
      const pages = await allBy(limit);
      expect(pages.flat()).toEqual(whole);
      expect(pages.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    }
  });

  it("filters by config, reason and time", async () => {
    await scene.deadLetters({ event_name: "a" });
    const between = scene.clock.now();
    await scene.config("two");
    await scene.deadLetters({ event_name: "b" });
    const names = async (filter: object) => (await list({ limit: 10, ...filter })).items.map(({ event_name }) => event_name);
    expect(await names({ configId: "one" })).toEqual(["b", "a"]);
    expect(await names({ configId: "two" })).toEqual(["b"]);
    expect(await names({ since: between })).toEqual(["b", "b"]);
    expect(await names({ until: between })).toEqual(["a"]);
    expect(await names({ reason: "connect-failed", until: between })).toEqual(["a"]);
    expect(await names({ reason: "status 500" })).toEqual([]);
  });

  it("says what failed, how often, and until when it can be sent again", async () => {
    const posted = await scene.deadLetters({ event_name: "a" });
    const [item] = (await list({ limit: 1 })).items;
    const at = Date.parse(item!.dead_lettered_at);
    expect(item).toEqual({
      event_id: posted.events[0]!.id,
      config_id: "one",
      provider: "acme",
      event_name: "a",
      reason: "connect-failed",
      attempts: 9,
      dead_lettered_at: new Date(at).toISOString(),
      expires_at: new Date(at + 30 * 86_400_000).toISOString(),
    });
    await scene.store.delete("events", posted.pk, posted.batch_id);
    expect((await list({ limit: 1 })).items).toMatchObject([{ event_id: posted.events[0]!.id, event_name: null }]);
  });
});
