import { beginAtZero } from "../shared/composition/begin-at-zero.ts";
import type { UseCases } from "../shared/composition/compose-use-cases.ts";
import type { Route } from "../shared/http/route.ts";
import { type ServingOptions, serveRoutes } from "../shared/http/serve-routes.ts";
import type { FunctionHost } from "../shared/ports/function-host.ts";
import { noTelemetry } from "../shared/ports/telemetry.ts";
import { providers } from "../shared/providers/registry.ts";
import { adminRoutes } from "./http/admin.ts";
import { configActionRoutes } from "./http/config-actions.ts";
import { configRoutes } from "./http/configs.ts";
import { consentConfigRoutes } from "./http/consent-configs.ts";
import { consentPublicRoutes } from "./http/consent-public.ts";
import { consentRecordRoutes } from "./http/consent-records.ts";
import { deadLetterRoutes } from "./http/dead-letters.ts";
import { eventRoutes } from "./http/events.ts";
import { healthRoutes } from "./http/health.ts";
import { insightRoutes } from "./http/insights.ts";
import { type Metrics, metricsRoutes } from "./http/metrics.ts";
import { problemPageRoutes } from "./http/problem-pages.ts";
import { publicKeyRoutes } from "./http/public-keys.ts";
import { statusPageRoutes } from "./http/status-page.ts";
import { usageRoutes } from "./http/usage.ts";
import { dispatch } from "./queue/dispatch.ts";
import { fanOut } from "./queue/fan-out.ts";
import { booksCheck } from "./timer/check-books.ts";
import { usageCompaction } from "./timer/compact-usage.ts";
import { saltDestruction } from "./timer/destroy-salts.ts";
import { reconciliation } from "./timer/reconcile.ts";
import { sweep } from "./timer/sweep.ts";

export interface RegisterOptions extends Omit<ServingOptions, "authenticate"> {
  /** The numbers of this process, where a scraper reaches each process by itself. */
  readonly metrics?: Metrics;
}

/** Every HTTP route that there is on every host. */
export const allRoutes = (use: UseCases): Route[] => [
  ...eventRoutes(use),
  ...deadLetterRoutes(use),
  ...configRoutes(use),
  ...configActionRoutes(use),
  ...insightRoutes(use),
  ...usageRoutes(use),
  ...consentPublicRoutes(use),
  ...consentRecordRoutes(use),
  ...consentConfigRoutes(use),
  ...publicKeyRoutes(use),
  ...adminRoutes(use),
  ...problemPageRoutes(),
  ...statusPageRoutes(),
  ...healthRoutes(use),
];

/** Every function there is, for whichever host. */
export function register(host: FunctionHost, use: UseCases, { metrics, ...options }: RegisterOptions): void {
  const routes = [...allRoutes(use), ...(metrics === undefined ? [] : metricsRoutes(metrics))];
  beginAtZero(options.telemetry ?? noTelemetry, routes);
  serveRoutes(host, routes, { ...options, authenticate: use.authenticate });
  host.serviceBusQueue("fan-out", fanOut(use));
  for (const { slug } of providers) {
    host.serviceBusQueue(`dispatch-${slug}`, dispatch(use, slug));
  }
  host.timer("check-books", booksCheck(use));
  host.timer("reconcile", reconciliation(use));
  host.timer("compact-usage", usageCompaction(use));
  host.timer("sweep", sweep(use));
  host.timer("destroy-salts", saltDestruction(use));
}
