import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { TimerFunction } from "../../shared/ports/function-host.ts";

/** Every day: the hours of days long past are added up. */
export const usageCompaction = (use: Pick<UseCases, "compactUsage">): TimerFunction => ({
  schedule: "0 47 3 * * *",
  handler: (_timer, context) => use.compactUsage(context),
});
