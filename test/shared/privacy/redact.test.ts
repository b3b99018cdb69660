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
    ["X-Forwarded-For:2001:db8::7 not allowed", "X-Forwarded-For:[REDACTED_IP] not allowed"],
    ["rejected ip:2001:db8:85a3::8a2e:370:7334", "rejected ip:[REDACTED_IP]"],
    ["ip=2001%3Adb8%3A%3A7&x=1", "ip=[REDACTED_IP]&x=1"],
    ["client_ip_203.0.113.9, ::1: or 2001:db8:0:0:0:0:0:7:", "client_ip_[REDACTED_IP], [REDACTED_IP] or [REDACTED_IP]:"],
    ["GET /t?email=jane%40example.org", "GET [REDACTED_EMAIL]"],
    [String.raw`{"got":"jane\u0040example.org","at":"http:\/\/a.example"}`, '{"got":"[REDACTED_EMAIL]","at":"http://a.example"}'],
    ["for jane&#64;example.org &amp; others", "for [REDACTED_EMAIL] & others"],
    ["call +46 70-123 45 67 or (08) 123 456 78", "call [REDACTED_NUMBER] or [REDACTED_NUMBER]"],
    ["client 1234567890.987654321, _id 0f1e2d3c4b5a6978", "client [REDACTED_NUMBER], _id [REDACTED_KEY]"],
    ["since 2026-01-01T00:00:00Z at most 1048576 bytes, 100 %", "since 2026-01-01T00:00:00Z at most 1048576 bytes, 100 %"],
    ["Foo::bar failed :: 50% of it, %E4 and &nosuch;", "Foo::bar failed :: 50% of it, %E4 and &nosuch;"],
    ["two\n\tlines", "two lines"],
  ])("%s → %s", (text, kept) => {
    expect(redactAnswer(text)).toBe(kept);
  });

  it.each([
    ["as it is", "unknown distinct_id member-4711", "unknown distinct_id [REDACTED_VALUE]"],
    ["in other case", "no Member-4711 here", "no [REDACTED_VALUE] here"],
    [
      "short, as a word of its own",
      "site 7 has no visitor jo, joint or 70",
      "site [REDACTED_VALUE] has no visitor [REDACTED_VALUE], joint or 70",
    ],
    ["in a URL", "/v?u=Jane%20van%20Doe", "/v?u=[REDACTED_VALUE]"],
    ["in a form", "u=Jane+van+Doe&x", "u=[REDACTED_VALUE]&x"],
    [
      "in JSON within JSON",
      String.raw`{"error":"{\"title\":\"\\u00c5sa \\\"Oz\\\" \\u00d6\"}"}`,
      '{"error":"{"title":"[REDACTED_VALUE]"}"}',
    ],
    ["cut", "too long: 'A title of many words that somebo…'", "too long: '[REDACTED_VALUE]…'"],
    ["which looks like something", "no 203.0.113.9 known", "no [REDACTED_IP] known"],
  ])("shows no value of a visitor's %s", (_, answer, kept) => {
    const values = [
      "member-4711",
      "7",
      "jo",
      "Jane van Doe",
      'Åsa "Oz" Ö',
      "A title of many words that somebody gave",
      "203.0.113.9",
      "113",
    ];
    expect(redactAnswer(answer, [], values)).toBe(kept);
  });

  it("shows no half of what it would not show whole", () => {
    const agent = `Mozilla/5.0 (${"x".repeat(1_180)})`;
    expect(redactAnswer(`"${agent}" "jane@example.org"`)).toBe('"[REDACTED_USER_AGENT]" "');
    expect(redactAnswer(`${"a".repeat(4_796)} 203.0.113.9`, [], ["a".repeat(4_796)])).not.toContain("203");
  });

  it("is short, whatever came", () => {
    expect(redactAnswer("x ".repeat(10_000)).length).toBeLessThanOrEqual(300);
  });
});
