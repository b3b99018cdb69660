import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { TimerFunction } from "../../shared/ports/function-host.ts";

/** Every minute: what was accepted and then forgotten goes on its way again. */
export const sweep = (use: Pick<UseCases, "sweepOverdue">): TimerFunction => ({
  schedule: "30 * * * * *",
  handler: (_timer, context) => use.sweepOverdue(context),
});
