import { Problem } from "../problems/problem.ts";

export const statuses = ["draft", "active", "paused", "error", "decommissioned"] as const;
export type Status = (typeof statuses)[number];

/** Every transition there is (spec 2.3). `decommissioned` is final. */
const transitions: Readonly<Record<Status, readonly Status[]>> = {
  draft: ["active", "decommissioned"],
  active: ["paused", "error", "decommissioned"],
  paused: ["active", "decommissioned"],
  error: ["active", "paused", "decommissioned"],
  decommissioned: [],
};

/** Whether a config of this status is sent events. `error` is the gateway's own: it goes on trying, carefully (spec 5.6). */
export const isDeliverable = (status: Status): boolean => status === "active" || status === "error";

/** Who changed a status, when and why; `by` is a key (`key:<id>`) or `gateway`. */
export interface StatusChange {
  readonly from: Status;
  readonly to: Status;
  readonly at: string;
  readonly by: string;
  readonly reason?: string;
}

/** Refuses a transition that is not in the table, naming those that are. Only the gateway itself may enter `error`. */
export function requireTransition(from: Status, to: Status, by: string): void {
  const allowed = transitions[from].filter((status) => status !== "error" || by === "gateway");
  if (!allowed.includes(to)) {
    const options = allowed.length === 0 ? "none: it is final" : allowed.join(", ");
    throw new Problem("transition-not-allowed", `from ${from} to ${to}; allowed: ${options}`, {
      extensions: { config_status: from, allowed_statuses: allowed },
    });
  }
}
