import { expect, it } from "vitest";
import { runChaos } from "../support/chaos.ts";

/** Has the provider killed as the load begins, and the gateway long after that: whatever the machine's speed, something has to be retried. */
const seed = 3025;

it("loses, doubles and miscounts nothing while gateway and provider are killed, but what was on its way", async () => {
  const rounds = await runChaos({ rounds: 2, seed, posts: 40 });
  for (const { violations } of rounds) {
    expect(violations).toEqual([]);
  }
  const { accepted, outcomes, retried, duplicates, inFlight } = rounds.at(-1)!;
  expect(rounds.reduce((sum, { gatewayKills }) => sum + gatewayKills, 0)).toBeGreaterThanOrEqual(2);
  expect(rounds.reduce((sum, { providerKills }) => sum + providerKills, 0)).toBeGreaterThanOrEqual(1);
  expect(accepted).toBeGreaterThan(2 * 40);
  expect(outcomes["delivered"]).toBeGreaterThan(accepted);
  expect(outcomes["suppressed"]).toBeGreaterThan(accepted);
  expect(retried).toBeGreaterThan(0);
  expect(duplicates).toBeLessThanOrEqual(inFlight);
}, 300_000);
