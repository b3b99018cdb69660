import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type Route, route } from "../../shared/http/route.ts";

/** For load balancers and alarms: no credential, no version, nothing of any tenant. */
export const healthRoutes = (use: Pick<UseCases, "checkReadiness">): Route[] => [
  route({
    method: "GET",
    path: "/health/live",
    versions: "unversioned",
    summary: "Whether the process answers",
    access: "public",
    handle: async () => ({ status: 200, body: { status: "ok" } }),
  }),
  route({
    method: "GET",
    path: "/health/ready",
    versions: "unversioned",
    summary: "Whether store, queue and vault answer, and how long the oldest undelivered event has been overdue",
    access: "public",
    handle: async () => {
      const readiness = await use.checkReadiness();
      return { status: readiness.ready ? 200 : 503, body: readiness };
    },
  }),
];
