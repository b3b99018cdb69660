import { describe, expect, it } from "vitest";
import { sendRequests } from "../../../shared/delivery/send-requests.ts";
import type { DeliverableEvent } from "../../../shared/events/event.ts";
import type { Answer, Failure, OutgoingRequest } from "../../../shared/ports/http-client.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

const at = "2026-01-01T00:00:00.000Z";
const eventsNamed = (...names: string[]): DeliverableEvent[] =>
  names.map((event_name) => ({ id: `id-${event_name}`, event_name, received_at: at, occurred_at: at }));

/** Sends through a client that answers so; what was asked of it is in `bodies`. */
async function send(
  answer: (names: string[], request: OutgoingRequest, clock: FakeClock) => Answer | Failure | Promise<Answer | Failure>,
  events: readonly DeliverableEvent[],
  batches = true,
) {
  const bodies: string[] = [];
  const clock = new FakeClock();
  const http = {
    send: async (request: OutgoingRequest) => {
      bodies.push(request.body!);
      return answer(JSON.parse(request.body!) as string[], request, clock);
    },
  } as unknown as Ports["http"];
  const sent = await sendRequests({ http, clock }, fakeProvider({ batches }), { settings: {}, secrets: {} }, events);
  const verdicts = Object.fromEntries(sent.results.map(({ event, verdict }) => [event.event_name, verdict.verdict]));
  return { ...sent, bodies, verdicts };
}

describe("sending a batch", () => {
  it("halves what is too large together until it is taken", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const { bodies, verdicts, results, bytes } = await send((sent) => status(sent.length > 2 ? 413 : 200), eventsNamed(...names));
    expect(bodies).toEqual(['["a","b","c","d","e"]', '["a","b","c"]', '["a","b"]', '["c"]', '["d","e"]']);
    expect(verdicts).toEqual(Object.fromEntries(names.map((name) => [name, "delivered"])));
    expect(results).toHaveLength(5);
    expect(bytes).toBe(bodies.join("").length);
  });

  it("rejects only the one event that is too large alone", async () => {
    const { verdicts, results } = await send(
      (names) => status(names.includes("large") ? 413 : 200),
      eventsNamed("a", "b", "large", "c", "d", "e", "f"),
    );
    expect(results).toHaveLength(7);
    expect(Object.entries(verdicts).filter(([, verdict]) => verdict !== "delivered")).toEqual([["large", "rejected"]]);
    expect(results.find(({ event }) => event.event_name === "large")?.verdict).toEqual({
      verdict: "rejected",
      reason: "too large for the provider",
    });
  });

  it("tries the half again later that fails, and not the one that went", async () => {
    const { verdicts } = await send(
      (names) => status(names.length > 2 ? 413 : names.includes("c") ? 500 : 200),
      eventsNamed("a", "b", "c", "d"),
    );
    expect(verdicts).toEqual({ a: "delivered", b: "delivered", c: "retry", d: "retry" });
  });

  it("gives events that the mapping settles their result beside those that are sent", async () => {
    const { verdicts, bodies } = await send(() => status(200), eventsNamed("a", "unwanted", "b"));
    expect(bodies).toEqual(['["a","b"]']);
    expect(verdicts).toEqual({ a: "delivered", b: "delivered", unwanted: "suppressed" });
  });
});

describe("sending events one by one", () => {
  it("has at most eight requests under way, and one result per event", async () => {
    let underWay = 0;
    let most = 0;
    const names = Array.from({ length: 30 }, (_, n) => `n${n}`);
    const { results } = await send(
      async () => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return status(200);
      },
      eventsNamed(...names),
      false,
    );
    expect(most).toBe(8);
    expect(results.map(({ event }) => event.event_name).sort()).toEqual([...names].sort());
  });

  it("measures each attempt, and reads each answer's own Retry-After", async () => {
    const { results } = await send(
      async ([name], _request, clock) => {
        await clock.advance(250);
        return { ...status(429), headers: name === "a" ? { "retry-after": "7" } : {} };
      },
      eventsNamed("a"),
      false,
    );
    expect(results).toMatchObject([{ retryAfterMs: 7_000, attempt: { at, duration_ms: 250, status: 429 } }]);
  });

  it("counts bytes, not characters", async () => {
    const { bytes } = await send(() => status(200), eventsNamed("å🎯"), false);
    expect(bytes).toBe(Buffer.byteLength('["å🎯"]'));
  });

  it("gives every request ten seconds", async () => {
    const timeouts: number[] = [];
    await send(
      (_names, { timeoutMs }) => {
        timeouts.push(timeoutMs);
        return status(200);
      },
      eventsNamed("a", "b"),
      false,
    );
    expect(timeouts).toEqual([10_000, 10_000]);
  });
});
