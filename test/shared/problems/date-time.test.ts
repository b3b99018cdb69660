import { describe, expect, it } from "vitest";
import { dateTime } from "../../../shared/problems/date-time.ts";

describe("a time that a caller names", () => {
  it.each(["0001-01-01T00:00:00Z", "0000-12-31T23:59:59-00:01", "2026-02-28T12:00:00.123456+14:00", "9999-12-31T23:59:59.999Z"])(
    "is %s",
    (time) => {
      expect(dateTime.safeParse(time).success).toBe(true);
    },
  );

  it.each([
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+00:01",
    "0000-06-01T00:00:00Z",
    "+010000-01-01T00:00:00Z",
    "2026-02-29T12:00:00Z",
    "2026-02-28T12:00:00",
    "yesterday",
  ])("is not %s, for one reason", (time) => {
    expect(dateTime.safeParse(time).error?.issues).toHaveLength(1);
  });
});
