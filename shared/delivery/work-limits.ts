import type { Clock } from "../ports/clock.ts";
import type { DispatchMessage } from "./messages.ts";
import { Lines } from "./work-lines.ts";

/** Of the `messagesInHand` that a host has from one queue there are in work: of one config, */
const perConfigMax = 16;
/** of one whose messages take long, */
const perSlowConfigMax = 2;
/** of one tenant, */
const perTenantMax = 72;
/** of one tenant before each of its configs has one place, */
const perTenantShared = 64;
/** and all together before each tenant has one. */
const sharedMax = 96;
/** Instead of being put off, messages in excess of their config's own places wait here for so long: any number of a quick line, and otherwise a few. */
const patienceMs = 1_000;
/** So often they look whether their line still is what it was. */
const glanceMs = 100;
const perConfigWaiting = 16;
const waitingMax = 32;

type Working = Pick<DispatchMessage, "tenant_id" | "config_id" | "provider">;

/** Keeps one config's or tenant's messages from holding all workers of their provider's queue in this process (spec 5.6). */
export interface WorkLimits {
  /** Lets a message into work until `leave` is called, or says when it is to come again (milliseconds since the epoch). */
  enter(message: Working): Promise<{ readonly leave: () => void } | { readonly notBefore: number }>;
}

/** The limits of a process, which other processes know nothing of. */
export function openWorkLimits(clock: Clock): WorkLimits {
  const inWork = new Map<string, number>();
  const lines = new Lines();
  /** Wakes who waits, by config, in the order in which they came. */
  const waiting = new Map<string, Set<() => void>>();
  let waitingCount = 0;
  const count = (key: string): number => inWork.get(key) ?? 0;
  const add = (keys: readonly string[], by: 1 | -1) => {
    for (const key of keys) {
      const sum = count(key) + by;
      sum === 0 ? inWork.delete(key) : inWork.set(key, sum);
    }
  };
  /** Until one of the config's messages leaves, or until some time. */
  const waitFor = (config: string, until: number): Promise<void> =>
    new Promise((resolve) => {
      const line = waiting.get(config) ?? new Set();
      waiting.set(config, line);
      const done = () => {
        cancel();
        waitingCount--;
        line.delete(done);
        if (line.size === 0) {
          waiting.delete(config);
        }
        resolve();
      };
      const cancel = clock.at(until, done);
      waitingCount++;
      line.add(done);
    });
  /** Whether a message may wait here for its config's others, so that there is always a next one. */
  const mayWait = (config: string, places: number, now: number): boolean =>
    lines.isQuick(config, now, places) ||
    (!lines.isSlow(config, now) && waitingCount < waitingMax && (waiting.get(config)?.size ?? 0) < perConfigWaiting);
  return {
    async enter({ tenant_id, config_id, provider }) {
      const keys = [provider, `${provider}/${tenant_id}`, `${provider}/${tenant_id}/${config_id}`] as const;
      const [all, tenant, config] = keys;
      /** The line that is full, and the places that it has, if there is none for this message. */
      const fullLine = (): { readonly line: string; readonly places: number } | undefined => {
        const tenantPlaces = count(all) >= sharedMax ? 1 : perTenantMax;
        if (count(tenant) >= tenantPlaces) {
          return { line: tenant, places: tenantPlaces };
        }
        const ownPlaces = lines.isSlow(config, clock.now()) ? perSlowConfigMax : perConfigMax;
        const places = count(tenant) >= perTenantShared ? 1 : ownPlaces;
        return count(config) >= places ? { line: config, places } : undefined;
      };
      const patientUntil = clock.now() + patienceMs;
      for (let full = fullLine(); full !== undefined; full = fullLine()) {
        const now = clock.now();
        // Never because of other configs' messages, which may take long.
        if (full.line !== config || now >= patientUntil || !mayWait(config, full.places, now)) {
          return { notBefore: lines.turnOf(full.line, now, full.places) };
        }
        await waitFor(config, Math.min(patientUntil, now + glanceMs));
      }
      add(keys, 1);
      const ends = [tenant, config].map((line) => lines.begin(line, clock.now()));
      return {
        leave() {
          add(keys, -1);
          for (const end of ends) {
            end(clock.now());
          }
          const [next] = waiting.get(config) ?? [];
          next?.();
        },
      };
    },
  };
}
