import { describe, expect, it } from "vitest";
import { requireTransition, type Status, statuses } from "../../../shared/configs/lifecycle.ts";

/** Specification 2.3, as a tenant may use it; only the gateway enters `error`. */
const allowed: Readonly<Record<Status, readonly Status[]>> = {
  draft: ["active", "decommissioned"],
  active: ["paused", "decommissioned"],
  paused: ["active", "decommissioned"],
  error: ["active", "paused", "decommissioned"],
  decommissioned: [],
};
const everyPair = statuses.flatMap((from) => statuses.map((to) => [from, to] as const));

describe("a config's lifecycle", () => {
  it.each(everyPair)("from %s to %s is as specified", (from, to) => {
    const transition = () => requireTransition(from, to, "key:1");
    if (allowed[from].includes(to)) {
      expect(transition).not.toThrow();
    } else {
      const extensions = { config_status: from, allowed_statuses: allowed[from] };
      expect(transition).toThrow(expect.objectContaining({ code: "transition-not-allowed", extensions }));
    }
  });

  it.each(statuses)("lets the gateway alone enter error, from active only: %s", (from) => {
    const transition = () => requireTransition(from, "error", "gateway");
    if (from === "active") {
      expect(transition).not.toThrow();
    } else {
      expect(transition).toThrow(expect.objectContaining({ code: "transition-not-allowed" }));
    }
  });

  it("says which transitions there are, or that there is none", () => {
    expect(() => requireTransition("draft", "paused", "key:1")).toThrow("from draft to paused; allowed: active, decommissioned");
    expect(() => requireTransition("decommissioned", "active", "key:1")).toThrow("allowed: none: it is final");
  });
});
