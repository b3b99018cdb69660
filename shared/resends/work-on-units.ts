import type { Config } from "../configs/config.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import type { TenantShards } from "../tenants/partition.ts";
import type { Counts } from "../usage/hour-counters.ts";
import { total } from "../usage/read-usage.ts";
import type { Plan } from "./plan.ts";
import { planRedelivery } from "./plan-redelivery.ts";
import { planReplay } from "./plan-replay.ts";
import { publicId, type Resend, type ResendError, type Unit } from "./resend.ts";
import { type Round, sendAgain } from "./send-again.ts";

/** Documents that are worked on at the same time. */
const concurrency = 10;
const triesMax = 20;
/** A document that is looked at takes so much time of the rate at least: steps that send nothing keep a pace too, as other tenants' events wait behind them. */
const documentMs = 5;

type WorkPorts = Pick<Ports, "store" | "outbox" | "clock">;

/** What became of a step's units. */
export interface Tally {
  readonly counted: number;
  readonly resent: number;
  readonly skipped: Counts;
  readonly errors: readonly ResendError[];
  /** Milliseconds since the epoch. */
  readonly nextSendAt: number;
}

/**
 * Sends again what of the step's units is to go, spread over time as the rate allows; counts only, where it is a dry run.
 * @param traceparent of the step's span, from which the attempts go on; "" where there is none
 */
export async function workOnUnits(ports: WorkPorts, tenant: TenantShards, resend: Resend, log: Log, traceparent: string): Promise<Tally> {
  const slots = sendingSlots(resend, ports.clock.now());
  const configOf = configReader(ports, tenant.id);
  const planOf = (unit: Unit) =>
    resend.type === "replay" ? planReplay(ports, tenant, resend, unit, configOf) : planRedelivery(ports, tenant, resend, unit, configOf);
  const round: Round = { by: publicId(resend), step: resend.step, traceparent };
  const plans: Plan[] = [];
  const errors: ResendError[] = [];
  const waiting = [...resend.units];
  const workOnNext = async (): Promise<void> => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      try {
        plans.push(await workOn(ports, round, resend.request.dry_run, () => planOf(unit), slots.take));
      } catch (error) {
        if (error instanceof Problem && error.code === "store-unavailable") {
          throw error;
        }
        log.error({ event: "resend_failed", [resend.type]: publicId(resend), document: unit.id, error: String(error) });
        errors.push({ batch_id: unit.id.split(":", 1)[0]!, detail: "the gateway failed to handle it" });
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workOnNext));
  return {
    counted: plans.reduce((sum, plan) => sum + plan.counted, 0),
    resent: plans.reduce((sum, { done, events }) => sum + done + (resend.request.dry_run ? 0 : events.length), 0),
    skipped: total(plans.map(({ skipped }) => skipped)),
    errors,
    nextSendAt: slots.next(),
  };
}

async function workOn(
  ports: WorkPorts,
  round: Round,
  isDry: boolean,
  makePlan: () => Promise<Plan>,
  takeSlots: (events: number) => number,
): Promise<Plan> {
  for (let tries = 0; tries < triesMax; tries++) {
    const plan = await makePlan();
    if (isDry || plan.target === undefined || plan.events.length === 0) {
      // What an earlier run of this step sent has had its share of the rate.
      takeSlots(plan.done);
      return plan;
    }
    const notBefore = takeSlots(plan.events.length + plan.done);
    if (await sendAgain(ports, round, plan.target, plan.events, notBefore)) {
      return plan;
    }
  }
  throw new Error("the delivery document keeps changing");
}

/** Gives out times (milliseconds since the epoch) at which events may be sent. */
function sendingSlots({ next_send_at, request }: Resend, now: number) {
  let next = Math.max(now, next_send_at);
  return {
    take: (events: number): number => {
      const at = Math.ceil(next);
      next += Math.max(documentMs, (events * 1000) / request.per_second);
      return at;
    },
    next: () => next,
  };
}

/** Reads each config once. */
function configReader({ store }: Pick<Ports, "store">, tenantId: string): (id: string) => Promise<Config | undefined> {
  const known = new Map<string, Promise<Config | undefined>>();
  return (id) => {
    const read = known.get(id) ?? store.get<Config>("configs", tenantId, id).then((stored) => stored?.document);
    known.set(id, read);
    return read;
  };
}
