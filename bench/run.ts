import { measureCost } from "./cost.ts";
import { measureDispatch } from "./dispatch.ts";
import { measureEndToEnd } from "./end-to-end.ts";
import { measureIntake } from "./intake.ts";
import { measureIsolation } from "./isolation.ts";
import { measureMillion } from "./million.ts";
import { pinLoad, pinning } from "./pinning.ts";
import { measureSqlite } from "./raw-sqlite.ts";
import { type Figure, row } from "./table.ts";

/** `npm run bench [-- --quick] [-- intake sqlite end-to-end dispatch isolation million cost]`: figures as a Markdown table on standard output. */
async function main(args: readonly string[]): Promise<void> {
  const quick = args.includes("--quick");
  const chosen = args.filter((arg) => !arg.startsWith("--"));
  const report = (figure: Figure) => console.log(row(figure));
  const parts: Record<string, () => Promise<void>> = {
    intake: () => measureIntake(report, quick ? 2 : 6),
    sqlite: () => measureSqlite(report, quick ? 20_000 : 200_000),
    "end-to-end": () => measureEndToEnd(report, quick ? 4 : 15),
    dispatch: () => measureDispatch(report, quick ? 1 : 5),
    isolation: () => measureIsolation(report, quick ? 5 : 20),
    million: () => measureMillion(report, quick ? 100_000 : 1_000_000),
    cost: () => measureCost(report),
  };
  pinLoad();
  console.log(`Node ${process.version}; ${pinning}; ${quick ? "quick" : "full"} run\n`);
  console.log("| what | value | compared | goal |\n|---|---:|---:|---|");
  for (const [name, measure] of Object.entries(parts)) {
    if (chosen.length === 0 || chosen.includes(name)) {
      await measure();
    }
  }
}

await main(process.argv.slice(2));
