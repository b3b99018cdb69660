import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startExport } from "../../../../shared/adapters/telemetry/exporter.ts";
import { Meter } from "../../../../shared/adapters/telemetry/meter.ts";
import type { SpanStart } from "../../../../shared/ports/telemetry.ts";
import { parseTraceparent } from "../../../../shared/ports/traceparent.ts";
import { factsOf, type OtlpReceiver, startOtlpReceiver } from "../../../support/otlp-receiver.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const from = (flags: "00" | "01", trace = traceId) => `00-${trace}-b7ad6b7169203331-${flags}`;

describe("what is exported", () => {
  let receiver: OtlpReceiver;
  beforeEach(async () => {
    receiver = await startOtlpReceiver();
    process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url;
  });
  afterEach(async () => {
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    delete process.env["OTEL_RESOURCE_ATTRIBUTES"];
    await receiver.close();
  });

  const start = (share: number, meter = new Meter()) => startExport(meter, { serviceName: "carreau-test", share }, { warn: () => {} });

  /** The names of spans that arrive: one per parent, named by its place. */
  const recorded = async (share: number, kind: SpanStart["kind"], parents: readonly (string | undefined)[]) => {
    const running = start(share);
    for (const [at, parent] of parents.entries()) {
      running.span(String(at), { kind, parent }).end();
    }
    await running.close();
    return receiver.spans.map(({ name }) => name).sort();
  };

  it("is told apart from what another process of the same service exports, traces and numbers alike", async () => {
    for (const _ of ["one", "other"]) {
      const meter = new Meter();
      meter.count("carreau_books_checked_total", {});
      const running = start(1, meter);
      running.span("any", { kind: "server" }).end();
      await running.close();
    }
    const instances = receiver.resources.map((resource) => resource["service.instance.id"]);
    expect(instances).toHaveLength(4);
    expect(new Set(instances).size).toBe(2);
    for (const resource of receiver.resources) {
      expect(resource).toMatchObject({ "service.name": "carreau-test", "service.version": expect.stringMatching(/^\d+\.\d+\.\d+/) });
    }
  });

  it("says of its process what the standard variable says, but for the service's name", async () => {
    process.env["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=prod,service.instance.id=pod%207,service.name=other";
    await recorded(1, "server", [undefined]);
    expect(receiver.resources[0]).toMatchObject({
      "deployment.environment.name": "prod",
      "service.instance.id": "pod 7",
      "service.name": "carreau-test",
    });
  });

  it("is no request that only its caller wants recorded", async () => {
    expect(await recorded(0, "server", [from("01"), from("00"), undefined])).toEqual([]);
  });

  it("is every request where the share is all, also those whose callers record nothing", async () => {
    expect(await recorded(1, "server", [from("01"), from("00"), undefined])).toEqual(["0", "1", "2"]);
    expect(receiver.spans[1]).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331" });
  });

  it("is a share that no choice of a trace id changes", async () => {
    const chosen = from("01", `${"0".repeat(31)}1`);
    expect((await recorded(0.5, "server", new Array(200).fill(chosen))).length).toBeGreaterThan(50);
    expect(receiver.spans.length).toBeLessThan(150);
  });

  it("is what a message of ours brings about if its request was, whatever the share is here", async () => {
    expect(await recorded(0, "consumer", [from("01"), from("00"), undefined])).toEqual(["0"]);
    receiver.spans.length = 0;
    expect(await recorded(1, "consumer", [from("01"), from("00"), undefined])).toEqual(["0", "2"]);
  });

  it("tells a failure by its kind, in the place where the conventions look for it", async () => {
    const running = start(1);
    running.span("any", { kind: "server" }).end("internal-error");
    running.span("other", { kind: "server" }).end();
    await running.close();
    expect(receiver.spans.map((span) => factsOf(span)["error.type"])).toEqual(["internal-error", undefined]);
  });

  it("says in its messages whether the request is recorded", async () => {
    const running = start(1);
    expect(parseTraceparent(running.span("any", { kind: "server", parent: from("00") }).traceparent)).toMatchObject({
      traceId,
      sampled: true,
    });
    await running.close();
  });
});
