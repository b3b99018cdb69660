import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { TimerFunction } from "../../shared/ports/function-host.ts";

/** Every five minutes: do received events and their outcomes still add up? */
export const booksCheck = (use: Pick<UseCases, "checkBooks">): TimerFunction => ({
  schedule: "0 */5 * * * *",
  handler: (_timer, context) => use.checkBooks(context),
});
