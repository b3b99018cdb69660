import { type Filter, filteredBy } from "../configs/filter.ts";
import type { EventContent } from "../events/event.ts";
import type { Ports } from "../ports/ports.ts";
import type { TenantShards } from "../tenants/partition.ts";
import { type EventPosition, listEvents } from "./list-events.ts";

const pageSize = 100;

interface PreviewedEvent {
  readonly id: string;
  readonly event_name: string;
  readonly kept: boolean;
  /** The rule that keeps it out. */
  readonly reason?: string;
}

/** What a filter would have done to the tenant's newest events. */
export interface FilterPreview {
  readonly checked: number;
  readonly kept: number;
  readonly dropped: number;
  readonly items: readonly PreviewedEvent[];
}

/** Tries a filter on the newest events of a tenant, at most `count` of them; changes nothing. */
export const previewFilter =
  (ports: Pick<Ports, "store">) =>
  async (tenant: TenantShards, filter: Filter, count: number): Promise<FilterPreview> => {
    const items: PreviewedEvent[] = [];
    let after: EventPosition | undefined;
    do {
      const page = await listEvents(ports)(tenant, { limit: Math.min(pageSize, count - items.length), after });
      for (const event of page.items as readonly (EventContent & { readonly id: string })[]) {
        const reason = filteredBy(filter, event);
        const { id, event_name } = event;
        items.push({ id, event_name, kept: reason === undefined, ...(reason === undefined ? {} : { reason }) });
      }
      after = page.next;
    } while (after !== undefined && items.length < count);
    const kept = items.filter((item) => item.kept).length;
    return { checked: items.length, kept, dropped: items.length - kept, items };
  };
