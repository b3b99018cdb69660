import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { TimerFunction } from "../../shared/ports/function-host.ts";

/** Every hour: do the counters say what the delivery documents say? */
export const reconciliation = (use: Pick<UseCases, "reconcileBooks">): TimerFunction => ({
  schedule: "0 17 * * * *",
  handler: (_timer, context) => use.reconcileBooks(context),
});
