import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  admit,
  afterMessage,
  type BreakerState,
  beginProbe,
  closedBreaker,
  hasWorked,
  isProbing,
  type Observation,
} from "../../../shared/delivery/breaker.ts";

const minute = 60_000;
const failed: Observation = { kind: "failed", reason: "status 500" };
const refused: Observation = { kind: "refused", reason: "/credentials/token_ref: refused" };
const worked: Observation = { kind: "worked" };
const nothing: Observation = { kind: "nothing" };
const askedToWait = (waitMs: number, hasWorked = false): Observation => ({
  kind: "asked-to-wait",
  waitMs,
  reason: "Retry-After",
  hasWorked,
});

/** Messages one after the other, each at its time, as a dispatcher without anybody beside it has them. */
function run(steps: readonly { readonly seen: Observation; readonly afterMs: number }[], random = 0) {
  let state: BreakerState = closedBreaker;
  let now = 0;
  const sent: { readonly at: number; readonly isProbe: boolean }[] = [];
  for (const { seen, afterMs } of steps) {
    now += afterMs;
    const admission = admit(state, now);
    if (admission.kind === "wait") {
      continue;
    }
    const isProbe = admission.kind === "probe";
    state = isProbe ? beginProbe(state, now) : state;
    sent.push({ at: now, isProbe });
    state = afterMessage(state, seen, now, random, state.probe_until);
  }
  return { state, sent, now };
}

const times = (count: number, seen: Observation, afterMs = 0) => Array.from({ length: count }, () => ({ seen, afterMs }));

const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.constantFrom(failed, refused, worked, nothing),
  fc.tuple(fc.integer({ min: 0, max: 3_600_000 }), fc.boolean()).map(([waitMs, hasWorked]) => askedToWait(waitMs, hasWorked)),
);
const step = fc.record({ seen: observation, afterMs: fc.integer({ min: 0, max: 20 * minute }) });

describe("a circuit breaker", () => {
  it("opens for half a minute at the fifth message in a row that failed, and no sooner", () => {
    expect(run(times(4, failed)).state).toEqual({ failures: 4, openings: 0 });
    expect(run(times(5, failed)).state).toMatchObject({ open_until: 30_000, reason: "status 500", is_error: true, openings: 1 });
    expect(run([...times(4, failed), ...times(1, worked), ...times(4, failed)]).state.open_until).toBeUndefined();
    expect(run([...times(4, failed), ...times(9, nothing), ...times(1, failed)]).state.open_until).toBe(30_000);
  });

  it("opens at once when the credentials are no use", () => {
    expect(run(times(1, refused)).state).toMatchObject({ open_until: 30_000, reason: "/credentials/token_ref: refused", is_error: true });
  });

  it.each([
    [30_000, 30_000, true],
    [29_999, 29_999, false],
    [0, 1_000, false],
    [30 * 24 * 3_600_000, 24 * 3_600_000, true],
  ])("opens at once for as long as the provider asks: %i ms", (asked, open_until, is_error) => {
    expect(run(times(1, askedToWait(asked))).state).toMatchObject({ open_until, is_error });
  });

  it("stays open twice as long each time its probe fails, up to a quarter of an hour", () => {
    let { state, now } = run(times(5, failed));
    const waits: number[] = [];
    for (let opening = 0; opening < 8; opening++) {
      waits.push((state.open_until! - now) / minute);
      now = state.open_until!;
      state = beginProbe(state, now);
      state = afterMessage(state, failed, now, 0, state.probe_until);
    }
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 15, 15, 15]);
  });

  it("waits no longer than the provider asks, and is not in error, as long as probes are taken in part", () => {
    const { state, now } = run([...times(5, failed), ...times(9, askedToWait(1_000, true), 30_000)]);
    expect(state).toEqual({ failures: 0, openings: 1, reason: "Retry-After", open_until: now + 1_000, is_error: false });
    expect(run([...times(1, askedToWait(60_000, true)), ...times(1, askedToWait(60_000, true), minute)]).state.is_error).toBe(true);
  });

  it("waits twice as long as asked each time its probe is taken in no part, and is in error once that is half a minute", () => {
    const states = [1, 2, 3, 4, 5, 6].map((count) => run(times(count, askedToWait(1_000), minute)));
    expect(states.map(({ state, now }) => (state.open_until! - now) / 1_000)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(states.map(({ state }) => state.is_error)).toEqual([false, false, false, false, false, true]);
  });

  it("closes when its probe succeeds, and has forgotten what was", () => {
    const { state } = run([...times(5, failed), { seen: worked, afterMs: 30_000 }]);
    expect(state).toBe(closedBreaker);
  });

  it("lets the next message probe at once when the probe had nothing to say", () => {
    const { state, now } = run([...times(5, failed), { seen: nothing, afterMs: 30_000 }]);
    expect(admit(state, now)).toEqual({ kind: "probe" });
  });

  it("lets somebody else probe when a probe is not heard of for two minutes", () => {
    const probing = beginProbe(run(times(5, failed)).state, 30_000);
    expect(isProbing(probing, 149_999)).toBe(true);
    expect(admit(probing, 149_999)).toEqual({ kind: "wait", until: 150_000 });
    expect(admit(probing, 150_000)).toEqual({ kind: "probe" });
    const second = beginProbe(probing, 150_000);
    expect(afterMessage(second, worked, 155_000, 0, probing.probe_until)).toBe(second);
    expect(afterMessage(second, worked, 155_000, 0, second.probe_until)).toBe(closedBreaker);
  });

  it("hears nothing while open but a wish to wait longer of what was sent before", () => {
    const { state } = run(times(5, failed));
    for (const seen of [worked, failed, refused, nothing, askedToWait(1_000)]) {
      expect(afterMessage(state, seen, 1_000, 0)).toBe(state);
    }
    expect(afterMessage(state, askedToWait(60_000), 1_000, 0).open_until).toBe(61_000);
  });

  describe("whatever happens", () => {
    it("sends nothing while it is open, and one probe per opening", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, random) => {
          let state: BreakerState = closedBreaker;
          let now = 0;
          for (const { seen, afterMs } of steps) {
            now += afterMs;
            const admission = admit(state, now);
            expect(admission.kind === "pass").toBe(state.open_until === undefined);
            if (admission.kind === "probe") {
              state = beginProbe(state, now);
              expect(admit(state, now).kind).toBe("wait");
            }
            const mine = admission.kind === "probe" ? state.probe_until : undefined;
            const before = state;
            state = afterMessage(state, admission.kind === "wait" ? nothing : seen, now, random, mine);
            if (before.open_until !== undefined && mine === undefined) {
              expect(state).toBe(before);
            }
          }
        }),
      );
    });

    it("is open for at least half a minute and at most a quarter of an hour, or what the provider asks for", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), observation, (steps, random, seen) => {
          const { state, now } = run(steps, random);
          const after = afterMessage(state, seen, now, random, state.probe_until);
          if (after.open_until !== undefined && after !== state && seen.kind !== "nothing" && admit(state, now).kind !== "wait") {
            const asked = seen.kind === "asked-to-wait" ? Math.max(1_000, seen.waitMs) : 0;
            const ms = after.open_until - now;
            expect(ms).toBeGreaterThanOrEqual(seen.kind === "asked-to-wait" ? asked : 30_000);
            expect(ms).toBeLessThanOrEqual(Math.max(15 * minute, asked) + 1);
          }
        }),
      );
    });

    it("closes by one success after its time, and then lets everything pass", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const { state, now } = run(steps);
          const later = Math.max(now, state.open_until ?? 0, state.probe_until ?? 0);
          const trying = state.open_until === undefined ? state : beginProbe(state, later);
          const after = afterMessage(trying, worked, later, 0, trying.probe_until);
          expect(after).toEqual(closedBreaker);
          expect(admit(after, later)).toEqual({ kind: "pass" });
        }),
      );
    });

    it("says that the config is in error from an opening of half a minute on until something is taken", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          let wasError = false;
          for (let length = 1; length <= steps.length; length++) {
            const { state } = run(steps.slice(0, length));
            const isOpen = state.open_until !== undefined;
            expect(state.is_error === true && !isOpen).toBe(false);
            const { seen } = steps[length - 1]!;
            if (wasError && isOpen && !hasWorked(seen)) {
              expect(state.is_error).toBe(true);
            }
            wasError = state.is_error === true;
          }
        }),
      );
    });
  });
});
