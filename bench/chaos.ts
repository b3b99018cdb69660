import { type ChaosRound, runChaos } from "../test/support/chaos.ts";

const columns: Readonly<Record<string, (round: ChaosRound) => string | number>> = {
  round: ({ round }) => round,
  "kills: gateway": ({ gatewayKills }) => gatewayKills,
  "kills: provider": ({ providerKills }) => providerKills,
  "accepted (202)": ({ accepted }) => accepted,
  "stored unanswered": ({ unanswered }) => unanswered,
  delivered: ({ outcomes }) => (outcomes["delivered"] ?? 0) + (outcomes["accepted_unverifiable"] ?? 0),
  suppressed: ({ outcomes }) => outcomes["suppressed"] ?? 0,
  retried: ({ retried }) => retried,
  "in flight at kills": ({ inFlight }) => inFlight,
  duplicates: ({ duplicates }) => duplicates,
  "drained in": ({ drainMs }) => `${(drainMs / 1000).toFixed(1)} s`,
  violations: ({ violations }) => violations.length,
};
const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

/** `npm run chaos [-- rounds [seed]]`: ends with 1 when anything was lost, sent twice without a kill, or counted wrongly. */
async function main([rounds = "20", seed = String(Date.now() % 1_000_000)]: readonly string[]): Promise<void> {
  console.log(`seed ${seed}; events are counted over all rounds, deliveries per config\n`);
  console.log(`${row(Object.keys(columns))}\n${row(Object.keys(columns).map(() => "---:"))}`);
  const done = await runChaos({ rounds: Number(rounds), seed: Number(seed) }, (round) => {
    console.log(row(Object.values(columns).map((cell) => cell(round))));
  });
  const last = done.at(-1)!;
  const kills = done.reduce((sum, { gatewayKills, providerKills }) => sum + gatewayKills + providerKills, 0);
  console.log(`\n${kills} kills, ${last.accepted} events accepted, ${last.duplicates} duplicates of ${last.inFlight} deliveries in flight`);
  const violations = [...new Set(done.flatMap((round) => round.violations))];
  console.log(violations.length === 0 ? "nothing lost, the books balance" : `${violations.length} violations:`);
  console.log(violations.slice(0, 50).join("\n"));
  process.exit(violations.length === 0 ? 0 : 1);
}

await main(process.argv.slice(2));
