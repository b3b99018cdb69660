import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeadLetterPosition, listDeadLetters } from "../../../shared/delivery/list-dead-letters.ts";
import { afterEachQuery } from "../../support/after-each-query.ts";
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

  const namesOf = (items: readonly Item[]) => items.map(({ event_name }) => event_name);
  const many = (names: string) => [...names].map((event_name) => ({ event_name }));

  it("shows all of a batch to whoever sends each page again before asking for the next", async () => {
    await scene.deadLetters(...many("abcdefghij"));
    const seen: Item[] = [];
    let after: DeadLetterPosition | undefined;
    do {
      const page = await list({ limit: 4, after });
      seen.push(...page.items);
      if (page.items.length > 0) {
        await scene.redeliver({ event_ids: page.items.map(({ event_id }) => event_id) });
      }
      after = page.next;
    } while (after !== undefined);
    expect(namesOf(seen).join("")).toBe("abcdefghij");
  });

  it("shows the rest of a batch though one of it died again between two pages", async () => {
    const posted = await scene.deadLetters(...many("abcd"));
    const first = await list({ limit: 2 });
    const delivery = (await scene.delivery(posted, "one"))!;
    const [a] = Object.entries(delivery.events)[0]!;
    const now = scene.clock.now();
    const again = { ...delivery.events[a]!, dead_lettered_at: new Date(now).toISOString() };
    await scene.store.upsert("deliveries", { ...delivery, events: { ...delivery.events, [a]: again }, dead_at: now });
    expect(namesOf(first.items)).toEqual(["a", "b"]);
    expect(namesOf((await list({ limit: 2, after: first.next })).items)).toEqual(["c", "d"]);
    const until = Date.parse(first.items[1]!.dead_lettered_at) + 1;
    expect(namesOf((await list({ limit: 10, until })).items)).toEqual(["b", "c", "d"]);
  });

  it("looks at five hundred deliveries for a page and says where to go on, however few it has found", async () => {
    const dead = { outcome: "dead_lettered", attempts: [], dead_lettered_at: new Date(scene.clock.now()).toISOString() } as const;
    for (let n = 0; n < 600; n++) {
      const id = `0000${n.toString(16).padStart(4, "0")}-0000-7000-8000-000000000000:one`;
      const events = { [id]: { ...dead, reason: n === 0 ? "status 400" : "status 500" } };
      const facts = { config_id: "one", provider: "acme", state: "dead_lettered" };
      const pk = `${scene.tenant.id}|${n % scene.tenant.event_shards}`;
      await scene.store.create("deliveries", { id, pk, type: "delivery", ...facts, events, dead_at: scene.clock.now() + n });
    }
    let queries = 0;
    const ports = { ...scene.ports, store: afterEachQuery(scene.store, () => queries++) };
    const ask = (after?: DeadLetterPosition) => listDeadLetters(ports)(scene.tenant, { limit: 1, reason: "status 400", after });
    const first = await ask();
    expect(first).toEqual({ items: [], next: { dead_at: scene.clock.now() + 100, id: expect.stringMatching(/^00000064-.*:one$/) } });
    expect(queries).toBeLessThan(60);
    expect((await ask(first.next)).items).toMatchObject([{ reason: "status 400" }]);
  });
});
