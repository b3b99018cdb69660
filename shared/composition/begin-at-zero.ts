import type { Route } from "../http/route.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { providers } from "../providers/registry.ts";
import { outcomes } from "../usage/hour-counters.ts";

/** What deliveries are not counted under: they wait, or are gone. */
const unsettled: readonly string[] = ["pending", "erased"];

/**
 * Counts nothing of everything that is known beforehand. A counter that appears with its first count has not grown in the eyes of `increase` and
 * `rate`, and an alarm would miss what it waits for.
 */
export function beginAtZero(telemetry: Pick<Telemetry, "count">, routes: readonly Route[]): void {
  for (const outcome of ["accepted", "duplicate", "rejected"]) {
    telemetry.count("carreau_events_total", { outcome }, 0);
  }
  for (const { slug: provider } of providers) {
    for (const outcome of outcomes.filter((one) => !unsettled.includes(one))) {
      telemetry.count("carreau_deliveries_total", { provider, outcome }, 0);
    }
    telemetry.count("carreau_delivery_retries_total", { provider }, 0);
    telemetry.count("carreau_breaker_changes_total", { provider, to: "open" }, 0);
    telemetry.count("carreau_breaker_changes_total", { provider, to: "closed" }, 0);
  }
  for (const { method, path } of routes) {
    telemetry.count("carreau_http_requests_total", { method, route: path, status: "5xx" }, 0);
  }
  telemetry.count("carreau_books_checked_total", {}, 0);
  telemetry.count("carreau_books_unbalanced_total", {}, 0);
  telemetry.count("carreau_books_corrections_total", {}, 0);
}
