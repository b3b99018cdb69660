import type { RecordedEvent } from "../shared/providers/recording-endpoint.ts";

/** What a provider got. */
export interface Received extends RecordedEvent {
  readonly provider: string;
  readonly at: string;
}

/** Keeps what providers took, newest last, and counts also what it no longer keeps. */
export function keepReceived(keptMax: number) {
  let events: Received[] = [];
  const totals: Record<string, number> = {};
  const listeners: ((event: Received) => void)[] = [];
  return {
    totals,
    get events(): readonly Received[] {
      return events;
    },
    add: (provider: string, recorded: readonly RecordedEvent[]) => {
      const at = new Date().toISOString();
      totals[provider] = (totals[provider] ?? 0) + recorded.length;
      for (const event of recorded) {
        const one = { provider, at, ...event };
        events.push(one);
        for (const listener of listeners) {
          listener(one);
        }
      }
      if (events.length > 2 * keptMax) {
        events = events.slice(-keptMax);
      }
    },
    onReceived: (listener: (event: Received) => void) => void listeners.push(listener),
    clear: () => {
      events = [];
    },
  };
}
