import { probeConsent } from "../test/support/consent-probe.ts";

/** Probes for leaks of consent and says what it found; an argument gives the seed, another one the number of events. */
const [seed = String(Date.now() % 1_000_000), events = "20000"] = process.argv.slice(2);
const report = await probeConsent({ events: Number(events), seed: Number(seed) });
const { leaked, identified, lasting, missing, ...counts } = report;
process.stdout.write(`${JSON.stringify({ seed: Number(seed), ...counts }, null, 2)}\n`);
let isSound = report.booksBalance;
for (const [what, found] of Object.entries({ leaked, identified, lasting, missing })) {
  process.stdout.write(`${what}: ${found.length}${found.length === 0 ? "" : ` (${found.slice(0, 5).join("; ")}, …)`}\n`);
  isSound &&= found.length === 0;
}
process.exitCode = isSound ? 0 : 1;
