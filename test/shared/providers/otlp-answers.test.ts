import { describe, expect, it } from "vitest";
import otlp from "../../../shared/providers/otlp/index.ts";

const read = (status: number, body: string, events: number) =>
  otlp.readAnswer({ status, headers: {}, body }, { method: "POST", url: "", headers: {}, body: "", events: [...Array(events).keys()] });
const partial = (partialSuccess: unknown) => JSON.stringify({ partialSuccess });
const dropped = "dropped_by_provider";
const unsure = "accepted_unverifiable";

describe("OTLP's answers", () => {
  it.each([
    [200, "{}", ["delivered", "delivered"]],
    [200, "", ["delivered"]],
    [202, " \n", ["delivered"]],
    [204, "", ["delivered", "delivered"]],
    [200, partial({}), ["delivered"]],
    [200, partial(null), ["delivered"]],
    [200, partial({ rejectedLogRecords: "0", errorMessage: "use fewer" }), ["delivered"]],
    [200, partial({ rejectedLogRecords: "1" }), [dropped, unsure, unsure]],
    [200, partial({ rejectedLogRecords: 2 }), [dropped, dropped, unsure]],
    [200, partial({ rejectedLogRecords: "2" }), [dropped, dropped]],
    [200, partial({ rejectedLogRecords: "9" }), [dropped, dropped]],
    [200, partial({ rejectedLogRecords: "-1" }), [unsure]],
    [200, partial({ rejectedLogRecords: "some" }), [unsure]],
    [200, "<html>", [unsure]],
    [200, "\u0012\u0004gone", [unsure]],
    [200, "null", [unsure]],
    [301, "", ["rejected"]],
    [400, "\u0008\u0003\u0012\u0003old", ["rejected", "rejected"]],
    [401, "", ["rejected"]],
    [403, "", ["rejected"]],
    [404, "404 page not found", ["rejected"]],
    [408, "", ["rejected"]],
    [413, "", ["split", "split"]],
    [413, "", ["rejected"]],
    [415, "", ["rejected"]],
    [429, "", ["retry", "retry"]],
    [500, "", ["rejected"]],
    [501, "", ["rejected"]],
    [502, "", ["retry"]],
    [503, "{", ["retry"]],
    [504, "", ["retry"]],
  ])("reads status %s with %j as %j", (status, body, verdicts) => {
    expect(read(status, body, verdicts.length).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  it("gives reasons that help, and repeats no words of the server", () => {
    const body = partial({ rejectedLogRecords: "1", errorMessage: "https://ann@shop.example is too long" });
    expect(read(200, body, 2)[0]).toEqual({
      verdict: dropped,
      reason: "1 of the request's 2 records were refused; the provider does not say which",
    });
    expect(read(404, "s3cret", 1)).toEqual([{ verdict: "rejected", reason: "status 404; wrong endpoint: the base without /v1/logs" }]);
    expect(read(302, "", 1)).toEqual([{ verdict: "rejected", reason: "redirects are not followed (status 302)" }]);
  });
});
