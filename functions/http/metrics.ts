import { type Route, route } from "../../shared/http/route.ts";

/** Numbers as text, and which kind of text. */
export interface Metrics {
  readonly mediaType: string;
  readonly text: () => string;
}

/**
 * For a scraper of a gateway on a host of our own: the process that answers speaks for itself only. With the operator's key, because how
 * much is going on is nobody else's business.
 */
export const metricsRoutes = (metrics: Metrics): Route[] => [
  route({
    method: "GET",
    path: "/metrics",
    versions: "unversioned",
    summary: "Numbers of this process for Prometheus (text format 0.0.4)",
    access: "admin",
    handle: async () => ({
      status: 200,
      body: metrics.text(),
      headers: { "content-type": metrics.mediaType, "cache-control": "no-store" },
    }),
  }),
];
