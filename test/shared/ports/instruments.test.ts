import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bucketBounds, type Instrument, instruments } from "../../../shared/ports/instruments.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/observability.md"), "utf8");

describe("the list of numbers", () => {
  it("is in the documentation, and the documentation has no other", () => {
    const known = Object.keys(instruments);
    const ours = known.filter((name) => name.startsWith("carreau_"));
    expect(ours.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    const named = [...page.matchAll(/\bcarreau_[a-z_]+/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("has no label that could name a tenant, a config, an event or a visitor", () => {
    const labels = Object.values(instruments).flatMap((instrument: Instrument) => instrument.labels);
    expect([...new Set(labels)].sort()).toEqual(["method", "outcome", "provider", "queue", "route", "state", "status", "to", "why"]);
  });

  it("is named as Prometheus wants it: counters end in _total, durations are seconds", () => {
    const wrong = (Object.entries(instruments) as [string, Instrument][]).filter(
      ([name, { kind }]) => (kind === "counter") !== name.endsWith("_total") || (kind === "histogram" && !name.endsWith("_seconds")),
    );
    expect(wrong).toEqual([]);
    expect([...bucketBounds].sort((a, b) => a - b)).toEqual(bucketBounds);
  });
});
