import { describe, expect, it } from "vitest";
import { formatTraceparent, joinTraces, parseTraceparent, traceIdOf } from "../../../shared/ports/traceparent.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const of = (digit: string, sampled: boolean) => formatTraceparent({ traceId: digit.repeat(32), spanId, sampled });

describe("a traceparent", () => {
  it("is read as the standard writes it", () => {
    expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, sampled: true });
    expect(parseTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, sampled: false });
    expect(parseTraceparent(`00-${traceId}-${spanId}-03`)?.sampled).toBe(true);
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-more-of-a-later-version`)).toEqual({ traceId, spanId, sampled: true });
  });

  it.each([
    undefined,
    null,
    "",
    "garbage",
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${spanId}-01\r\nx: y`,
  ])("is ignored when it is %j", (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it("of a message is found whatever the message is", () => {
    expect(traceIdOf({ traceparent: `00-${traceId}-${spanId}-01` })).toBe(traceId);
    expect([{ traceparent: 5 }, {}, null, "text", undefined].map(traceIdOf)).toEqual(new Array(5).fill(undefined));
  });
});

describe("several requests in one message", () => {
  it("say nothing when none had a trace, and nothing more than the one there is", () => {
    expect(joinTraces([undefined, undefined])).toEqual({});
    expect(joinTraces([of("a", false), of("a", false), undefined])).toEqual({ traceparent: of("a", false) });
  });

  it("go on as the first one that is recorded, and link the others that are", () => {
    expect(joinTraces([of("a", false), of("b", true), of("c", false), of("d", true), of("b", true)])).toEqual({
      traceparent: of("b", true),
      trace_links: [of("d", true)],
    });
  });

  it("go on as the first when none is recorded", () => {
    expect(joinTraces([of("a", false), of("b", false)])).toEqual({ traceparent: of("a", false) });
  });
});
