import { describe, expect, it } from "vitest";
import type { AttemptResult } from "../../../shared/delivery/attempt-result.ts";
import { observeResults } from "../../../shared/delivery/observe-results.ts";
import type { Verdict } from "../../../shared/providers/definition.ts";

const event = { id: "e", event_name: "pageview", received_at: "", occurred_at: "" };
const at = "2026-01-01T00:00:00.000Z";
const tried = (verdict: Verdict, said: { status?: number; failure?: string }, retryAfterMs?: number): AttemptResult => ({
  event,
  verdict,
  attempt: { at, duration_ms: 0, ...said },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const retry = (status: number, retryAfterMs?: number) => tried({ verdict: "retry", reason: `status ${status}` }, { status }, retryAfterMs);
const rejected = (status: number) => tried({ verdict: "rejected", reason: `status ${status}` }, { status });
const ignored = tried({ verdict: "dropped_by_provider", reason: "the visitor is ignored" }, { status: 403 });
const delivered = tried({ verdict: "delivered" }, { status: 200 });
const timeout = tried({ verdict: "retry", reason: "timeout" }, { failure: "timeout" });
const unsendable = tried({ verdict: "rejected", reason: "request-invalid" }, { failure: "request-invalid" });
const suppressed: AttemptResult = { event, verdict: { verdict: "suppressed", reason: "filtered", detail: "" } };
const secret = ["/credentials/token_ref"];

describe("what a message's results say about its config", () => {
  it.each<[string, AttemptResult[], string]>([
    ["nothing, of no request", [suppressed], "nothing"],
    ["nothing, of a request that HTTP can't carry", [unsendable], "nothing"],
    ["that it works, of one event that was taken", [timeout, delivered, retry(500)], "worked"],
    ["that it works, of an event that the provider has something against", [rejected(400)], "worked"],
    ["that it works, of one that is refused beside one that is taken", [rejected(403), delivered], "worked"],
    ["that it works, of events whose visitors the provider ignores", [ignored, ignored], "worked"],
    ["that it failed, of failures only", [timeout, retry(502), suppressed], "failed"],
    ["that it failed, of failures and what can't be sent", [timeout, unsendable], "failed"],
    ["that the provider refuses it", [rejected(401)], "refused"],
    ["that the provider refuses it, although it may be tried again", [retry(403)], "refused"],
    ["that the provider asks to wait", [retry(429, 5_000), retry(429)], "asked-to-wait"],
    ["that the provider asks to wait, although it took something", [delivered, retry(503, 5_000)], "asked-to-wait"],
    ["no wish to wait, of another status", [retry(500, 5_000)], "failed"],
  ])("%s", (_, results, kind) => {
    expect(observeResults(results, secret).kind).toBe(kind);
  });

  it("names the references of the secrets that were sent, and no more than the status", () => {
    const reason = "/credentials/a_ref, /credentials/b_ref: the provider refuses this credential (status 401)";
    expect(observeResults([rejected(401)], ["/credentials/a_ref", "/credentials/b_ref"])).toEqual({ kind: "refused", reason });
  });

  it("counts a refusal as a failure where no secret was sent that could be mended", () => {
    expect(observeResults([rejected(403)], [])).toEqual({ kind: "failed", reason: "the provider does not take events: status 403" });
  });

  it("says whether a provider that asks to wait took something before", () => {
    expect(observeResults([retry(429, 5_000), retry(500)], secret)).toMatchObject({ hasWorked: false });
    expect(observeResults([retry(429, 5_000), delivered], secret)).toMatchObject({ hasWorked: true });
  });

  it("takes the longest wish to wait", () => {
    expect(observeResults([retry(429, 5_000), retry(429, 9_000)], secret)).toMatchObject({ waitMs: 9_000 });
  });
});
