import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainSpan } from "../../../shared/adapters/telemetry/plain-span.ts";
import { noTelemetry, type SpanFacts, type Telemetry } from "../../../shared/ports/telemetry.ts";
import { parseTraceparent } from "../../../shared/ports/traceparent.ts";
import { requestResend } from "../../../shared/resends/request-resend.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const asked = `00-${traceId}-b7ad6b7169203331-01`;

describe("a redelivery's trace", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
    await scene.config("one");
  });
  afterEach(() => scene.close());

  /** Spans that were begun, and by how much queues were late. */
  const watched = () => {
    const spans: { name: string; parent: unknown; facts: SpanFacts; traceparent: string }[] = [];
    const delays: unknown[] = [];
    const telemetry: Telemetry = {
      ...noTelemetry,
      observe: (name, labels, seconds) => void delays.push([name, labels, seconds]),
      span: (name, { kind, parent, facts }) => {
        const span = plainSpan({ kind, parent });
        const begun = { name, parent, facts: { ...facts }, traceparent: span.traceparent };
        spans.push(begun);
        return { ...span, add: (more) => Object.assign(begun.facts, more) };
      },
    };
    return { spans, delays, telemetry };
  };

  it("goes on from the request that asked for it, over every step, to the attempts that the step began", async () => {
    await scene.deadLetters({ event_name: "a" });
    const { spans, delays, telemetry } = watched();
    const lines: object[] = [];
    const write = (line: object) => void lines.push(line);
    const { id } = await requestResend(scene.ports)(
      scene.tenant,
      { type: "redelivery", request: { all: true, dry_run: false, per_second: 1 } },
      asked,
    );
    const enqueuedTimeUtc = new Date(scene.clock.now()).toISOString();
    await scene.clock.jump(3_000);
    const context = { info: write, warn: write, error: write, triggerMetadata: { enqueuedTimeUtc } };
    for (let messages = await scene.steps(); messages.length > 0; messages = await scene.steps()) {
      await scene.step(messages[0]!, { ...scene.ports, telemetry }, context);
    }

    const steps = spans.map(({ name, parent, facts }) => ({ name, parent, redelivery: facts["redelivery"], step: facts["step"] }));
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual(steps.map((_, step) => ({ name: "process events", parent: asked, redelivery: id, step })));
    expect(delays[0]).toEqual(["carreau_queue_delay_seconds", { queue: "events" }, 3]);
    expect(lines).toEqual([expect.objectContaining({ event: "resend_done", trace_id: traceId, queue_delay_ms: 3_000 })]);
    await scene.clock.jump(1_000);
    const [message] = await scene.waiting();
    expect(spans.map(({ traceparent }) => traceparent)).toContain(message!.traceparent);
  });

  it("begins anew where the sweeper found a step, and stays one from there on", async () => {
    await scene.begin.redelivery({ all: true });
    const { spans, telemetry } = watched();
    const [{ traceparent: _none, ...lost }] = (await scene.steps()) as [Awaited<ReturnType<ResendScene["steps"]>>[0]];
    await scene.step(lost, { ...scene.ports, telemetry });
    const [next] = await scene.steps();
    expect(parseTraceparent(next!.traceparent)).toBeDefined();
    expect(next!.traceparent).toBe(spans[0]!.traceparent);
  });
});
