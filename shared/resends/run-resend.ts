import { type ResendMessage, stepMessage } from "../delivery/resend-message.ts";
import { type MessageContext, watchMessage } from "../delivery/watch-message.ts";
import { eventsQueue } from "../events/events-message.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { type Tenant, tenantsPartition } from "../tenants/tenant.ts";
import { total } from "../usage/read-usage.ts";
import { publicId, type RedeliveryRequest, type ReplayRequest, type Resend } from "./resend.ts";
import { type Selection, selectBatches, selectByIds, selectDeadLetters } from "./select-units.ts";
import { type Tally, workOnUnits } from "./work-on-units.ts";

/** Messages are made so long before they are due, at most: what is asked to go slowly is not all in the queue at once. */
const leadMs = 10_000;
const triesMax = 20;
const errorsMax = 10;

type ResendPorts = Pick<Ports, "store" | "outbox" | "clock" | "telemetry">;

/**
 * One step of a redelivery or replay: works on what the last step selected, selects more, and writes down both with the message for the next step.
 * Safe to run again, and by two at once: what was sent again says by whom, and one of them gets to write.
 */
export const runResend =
  (ports: ResendPorts) =>
  (message: ResendMessage, context: MessageContext): Promise<void> =>
    watchMessage(ports, eventsQueue, message, context, async (log, span) => {
      const resend = await currentStep(ports, message);
      const tenant = await ports.store.get<Tenant>("tenants", tenantsPartition, message.tenant_id);
      if (resend === undefined || tenant === undefined) {
        return;
      }
      span.add({ [resend.document.type]: publicId(resend.document), step: message.step });
      const tally = await workOnUnits(ports, tenant.document, resend.document, log, span.traceparent);
      const selection = await select(ports, tenant.document, resend.document);
      const after = afterStep(resend.document, tally, selection, ports.clock.now());
      const messages = after.status === "done" ? [] : [stepMessage(after, message.traceparent ?? span.traceparent)];
      for (let etag: string | undefined = resend.etag, tries = 0; etag !== undefined && tries < triesMax; tries++) {
        const { applied } = await ports.outbox.applyThenSend(
          "deliveries",
          after.pk,
          [{ type: "replace", document: after, etag }],
          messages,
        );
        if (applied) {
          logStep(log, after);
          return;
        }
        // The sweeper may have put off its next look; another run of this step may have been faster.
        etag = (await currentStep(ports, message))?.etag;
      }
    });

/** The document, if the step that the message asks for is its next one. */
async function currentStep({ store }: ResendPorts, { pk, resend_id, step }: ResendMessage) {
  const stored = await store.get<Resend>("deliveries", pk, resend_id);
  return stored !== undefined && stored.document.step === step && stored.document.status !== "done" ? stored : undefined;
}

async function select(ports: ResendPorts, tenant: Tenant, { type, request, cursor, created_at }: Resend): Promise<Selection> {
  if (cursor === null) {
    return { units: [], cursor, skipped: {} };
  }
  if (type === "replay") {
    return selectBatches(ports, tenant, { ...(request as ReplayRequest), asked_at: created_at }, cursor);
  }
  const selectors = request as RedeliveryRequest;
  return selectors.event_ids === undefined
    ? selectDeadLetters(ports, tenant, selectors, cursor)
    : selectByIds(ports, tenant, selectors, selectors.event_ids, cursor);
}

function afterStep(resend: Resend, tally: Tally, { units, cursor, skipped }: Selection, now: number): Resend {
  const isDone = units.length === 0 && cursor === null;
  return {
    ...resend,
    status: isDone ? "done" : "running",
    step: resend.step + 1,
    units,
    cursor,
    counted: resend.counted + tally.counted + Object.values(skipped).reduce((sum, number) => sum + number, 0),
    resent: resend.resent + tally.resent,
    skipped: total([resend.skipped, tally.skipped, skipped]),
    failed: (resend.failed ?? resend.errors.length) + tally.errors.length,
    errors: [...resend.errors, ...tally.errors].slice(0, errorsMax),
    next_send_at: tally.nextSendAt,
    due_at: isDone ? null : Math.max(now, Math.floor(tally.nextSendAt) - leadMs),
    ...(isDone ? { finished_at: new Date(now).toISOString() } : {}),
  };
}

function logStep(log: Log, resend: Resend): void {
  const { type, tenant_id, status, counted, resent, skipped, failed: errors } = resend;
  const facts = { [type]: publicId(resend), tenant_id, counted, resent, skipped, errors };
  if (status === "done") {
    log.info({ event: "resend_done", ...facts });
  }
}
