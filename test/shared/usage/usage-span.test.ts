import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../../../shared/problems/problem.ts";
import { usageSpan } from "../../../shared/usage/usage-span.ts";

const now = Date.parse("2026-11-21T13:30:00Z");
const at = (time: string) => Date.parse(time);

describe("the span of usage", () => {
  it("is by default the last 24 hours", () => {
    expect(usageSpan({ bucket: "hour" }, now)).toEqual({ from: at("2026-11-20T14:30:00Z"), to: now });
  });

  it("is of whole days by day, in UTC", () => {
    const asked = { from: "2026-11-02T00:30:00+02:00", to: "2026-11-03T10:00:00Z", bucket: "day" } as const;
    expect(usageSpan(asked, now)).toEqual({ from: at("2026-11-01T00:00:00Z"), to: at("2026-11-03T23:59:59.999Z") });
    expect(usageSpan({ bucket: "day" }, now)).toEqual({ from: at("2026-11-20T00:00:00Z"), to: at("2026-11-21T23:59:59.999Z") });
  });

  it.each([
    ["hour", "2026-10-21T13:30:00Z", "2026-10-21T13:29:59Z"],
    ["day", "2025-10-17T13:30:00Z", "2025-10-17T13:29:59Z"],
  ] as const)("by %s is as long as it may be, and no longer", (bucket, longest, longer) => {
    expect(() => usageSpan({ from: longest, bucket }, now)).not.toThrow();
    expect(() => usageSpan({ from: longer, bucket }, now)).toThrow(expect.objectContaining({ code: "span-not-allowed" }));
  });

  it.each([
    ["ends before it begins", { from: "2026-11-21T10:00:00Z", to: "2026-11-21T09:59:59Z", bucket: "hour" }, "query-invalid", "/from"],
    ["begins in the future", { from: "2026-11-21T13:30:01Z", bucket: "day" }, "query-invalid", "/from"],
    [
      "is of hours that are not kept",
      { from: "2026-08-20T23:59:59Z", to: "2026-08-22T00:00:00Z", bucket: "hour" },
      "span-not-allowed",
      "/from",
    ],
    ["is only said to end when hours are not kept", { to: "2026-08-21T22:59:59Z", bucket: "hour" }, "span-not-allowed", "/to"],
  ] as const)("is refused when it %s, by the name of the field", (_, asked, code, pointer) => {
    expect(() => usageSpan(asked, now)).toThrow(expect.objectContaining({ code, extensions: expect.objectContaining({ pointer }) }));
  });

  it("reaches back to the first hour that is kept", () => {
    const asked = { from: "2026-08-21T00:00:00Z", to: "2026-08-21T01:00:00Z", bucket: "hour" } as const;
    expect(usageSpan(asked, now).from).toBe(at(asked.from));
  });

  it("is, for any two times, refused or has them in it", () => {
    const time = fc
      .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
      .map((date) => date.toISOString());
    const optional = fc.option(time, { nil: undefined });
    fc.assert(
      fc.property(optional, optional, fc.constantFrom("hour" as const, "day" as const), (from, to, bucket) => {
        try {
          const span = usageSpan({ from, to, bucket }, now);
          expect(span.from).toBeLessThanOrEqual(from === undefined ? span.to : at(from));
          expect(span.to).toBeGreaterThanOrEqual(to === undefined ? now : at(to));
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
    );
  });
});
