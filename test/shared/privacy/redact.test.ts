import { describe, expect, it } from "vitest";
import { redactAnswer } from "../../../shared/privacy/redact.ts";

describe("a provider's answer that is kept", () => {
  it("shows no secret that the request was sent with, as it is or as part of a URL", () => {
    const answer = redactAnswer("no such page: /collect?secret=a%2Fb%20c&x=1 (a/b c), token s3cr3t", ["a/b c", "s3cr3t", ""]);
    expect(answer).toBe("no such page: /collect?secret=[REDACTED_SECRET]&x=1 ([REDACTED_SECRET]), token [REDACTED_SECRET]");
  });

  it.each([
    ["a line break behind it", "s3cr3t-key\n", "key s3cr3t-key", "key [REDACTED_SECRET]"],
    ["its scheme", "Basic dXNlcjpw", '{"got":"dXNlcjpw"}', '{"got":"[REDACTED_SECRET]"}'],
    ["what JSON can't hold as it is", '{"a":"b"}', String.raw`{"got":"{\"a\":\"b\"}"}`, '{"got":"[REDACTED_SECRET]"}'],
    ["a form's spelling", "a~(b) c", "?api_secret=a%7E%28b%29+c&x=1", "?api_secret=[REDACTED_SECRET]&x=1"],
  ])("shows no secret without %s", (_, secret, answer, kept) => {
    expect(redactAnswer(answer, [secret])).toBe(kept);
  });

  it.each([
    ["mail to jo@example.org", "mail to [REDACTED_EMAIL]"],
    ["visitor 203.0.113.9 and 2001:db8::1", "visitor [REDACTED_IP] and [REDACTED_IP]"],
    ["with Mozilla/5.0 (X11) Firefox/140.0", "with [REDACTED_USER_AGENT]"],
    ["two\n\tlines", "two lines"],
  ])("%s → %s", (text, kept) => {
    expect(redactAnswer(text)).toBe(kept);
  });

  it("is short, whatever came", () => {
    expect(redactAnswer("x ".repeat(10_000)).length).toBeLessThanOrEqual(300);
  });
});
