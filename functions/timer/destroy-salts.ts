import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { TimerFunction } from "../../shared/ports/function-host.ts";

/** Every five minutes: a day that is over takes its salt along. */
export const saltDestruction = (use: Pick<UseCases, "destroySalts">): TimerFunction => ({
  schedule: "0 */5 * * * *",
  handler: (_timer, context) => use.destroySalts(context),
});
