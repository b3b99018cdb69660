import { expect, it } from "vitest";
import { probeConsent } from "../support/consent-probe.ts";

/** `npm run probe:consent` does the same with more events. */
it("sends nothing and nobody's id without a valid grant, and everything with one, whatever happens on the way", async () => {
  const report = await probeConsent({ events: 3_000 });
  expect(report).toMatchObject({ leaked: [], identified: [], lasting: [], missing: [], booksBalance: true });
  // The probe has seen what it is about: messages that came twice, and requests of every provider.
  expect(report.cameAgain).toBeGreaterThan(0);
  expect(report.requests).toBeGreaterThan(3_000);
}, 240_000);
