import { describe, expect, it } from "vitest";
import { Meter } from "../../../../shared/adapters/telemetry/meter.ts";
import { prometheusText } from "../../../../shared/adapters/telemetry/prometheus-text.ts";
import { parsePrometheus } from "../../../support/prometheus-parser.ts";

const read = (meter: Meter) => parsePrometheus(prometheusText(meter));

describe("the numbers and their text", () => {
  it("adds up counters per set of labels, whatever order the labels are named in", () => {
    const meter = new Meter();
    meter.count("carreau_deliveries_total", { provider: "a", outcome: "delivered" }, 2);
    meter.count("carreau_deliveries_total", { outcome: "delivered", provider: "a" });
    meter.count("carreau_deliveries_total", { provider: "b", outcome: "delivered" });
    expect(
      read(meter)
        .get("carreau_deliveries_total")
        ?.samples.map(({ labels, value }) => [labels["provider"], value]),
    ).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
  });

  it("puts a duration in the bucket whose bound it does not exceed, and longer ones in the last", () => {
    const meter = new Meter();
    for (const seconds of [0.001, 0.0011, 1000]) {
      meter.observe("carreau_fan_out_duration_seconds", {}, seconds);
    }
    const samples = read(meter).get("carreau_fan_out_duration_seconds")!.samples;
    const upTo = (le: string) => samples.find(({ labels }) => labels["le"] === le)?.value;
    expect([upTo("0.001"), upTo("0.0025"), upTo("300"), upTo("+Inf")]).toEqual([1, 2, 2, 3]);
    expect(samples.find(({ name }) => name.endsWith("_sum"))?.value).toBeCloseTo(1000.0021);
  });

  it("writes label values that a parser reads back as they were", () => {
    const meter = new Meter();
    const route = 'a "b" \\ c\nd\\n';
    meter.count("carreau_http_requests_total", { method: "GET", route, status: "2xx" });
    expect(read(meter).get("carreau_http_requests_total")?.samples[0]?.labels["route"]).toBe(route);
  });

  it("asks for gauges when it is read, and not before", () => {
    const meter = new Meter();
    let asked = 0;
    meter.beforeReading(() => meter.set("process_start_time_seconds", {}, ++asked));
    expect(asked).toBe(0);
    expect(read(meter).get("process_start_time_seconds")?.samples[0]?.value).toBe(1);
    expect(read(meter).get("process_start_time_seconds")?.samples[0]?.value).toBe(2);
  });

  it("takes no more than 2,000 sets of labels per instrument", () => {
    const meter = new Meter();
    for (let at = 0; at < 2_100; at++) {
      meter.count("carreau_delivery_retries_total", { provider: `p${at}` });
    }
    meter.count("carreau_delivery_retries_total", { provider: "p0" });
    const samples = meter.numbers("carreau_delivery_retries_total");
    expect(samples).toHaveLength(2_000);
    expect(samples[0]?.value).toBe(2);
  });
});
