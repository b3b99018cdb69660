import { expect, it } from "vitest";
import { runChaos } from "../support/chaos.ts";

/** Has the provider killed as the load begins: most machines have to retry a lot then, though how much is up to their speed. */
const seed = 6096;

it("loses, doubles and miscounts nothing while gateway and provider are killed, but what was on its way", async () => {
  const rounds = await runChaos({ rounds: 2, seed, posts: 40 });
  for (const { violations } of rounds) {
    expect(violations).toEqual([]);
  }
  const { accepted, outcomes, duplicates, inFlight } = rounds.at(-1)!;
  expect(rounds.reduce((sum, { gatewayKills }) => sum + gatewayKills, 0)).toBeGreaterThanOrEqual(2);
  expect(rounds.reduce((sum, { providerKills }) => sum + providerKills, 0)).toBeGreaterThanOrEqual(1);
  expect(accepted).toBeGreaterThan(2 * 40);
  expect(outcomes["delivered"]).toBeGreaterThan(accepted);
  expect(outcomes["suppressed"]).toBeGreaterThan(accepted);
  expect(duplicates).toBeLessThanOrEqual(inFlight);
}, 300_000);
