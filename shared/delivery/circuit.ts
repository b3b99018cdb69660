import type { Config } from "../configs/config.ts";
import { moveByGateway } from "../configs/move-config.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { admit, afterMessage, type BreakerState, beginProbe, hasWorked, isProbing, type Observation } from "./breaker.ts";
import { type FoundBreaker, isNewer, readBreaker, writeBreaker } from "./breaker-store.ts";

const triesMax = 20;
/** Messages that were put off come back over this time, not all in one moment. */
const spreadMs = 10_000;
/** While somebody probes, the others look again after this long, and up to `spreadMs` more. */
const glanceMs = 2_000;

type CircuitPorts = Pick<Ports, "store" | "clock" | "telemetry">;

/** How a message was let through. */
export interface Passage {
  /** As it stands now. */
  readonly config: Config;
  readonly found: FoundBreaker;
  /** Tells the probe from all others. */
  readonly probe?: number;
}

/**
 * Lets a message through to its config's provider, as the probe if it is time for one, or says when it is to come again (milliseconds since
 * the epoch). One point read; a write only for a probe, which the store lets but one instance begin.
 */
export async function passCircuit(
  ports: CircuitPorts,
  config: Config,
  random: () => number,
  log: Log,
): Promise<Passage | { readonly notBefore: number }> {
  const now = ports.clock.now();
  const found = await readBreaker(ports, config);
  const followed = await follow(ports, config, found.state, log);
  const admission = admit(found.state, now);
  if (admission.kind === "pass") {
    return { config: followed, found };
  }
  const glance = Math.ceil(now + glanceMs + spreadMs * random());
  if (admission.kind === "wait") {
    return { notBefore: isProbing(found.state, now) ? glance : Math.ceil(admission.until + spreadMs * random()) };
  }
  const probing = beginProbe(found.state, now);
  const ours = await writeBreaker(ports, config, found, probing);
  return ours === undefined ? { notBefore: glance } : { config: followed, found: ours, probe: probing.probe_until! };
}

/**
 * Tells the config's breaker what became of a message, and has the config's status follow. Nothing is written while all goes well, and of a
 * config that its tenant has changed meanwhile. Answers when what is left of the message is to come again (milliseconds since the epoch), if
 * the circuit is open.
 */
export async function reportToCircuit(
  ports: CircuitPorts,
  { config, found: known, probe }: Passage,
  seen: Observation,
  random: () => number,
  log: Log,
): Promise<number | undefined> {
  const chance = random();
  if (seen.kind === "nothing" && probe === undefined) {
    return undefined;
  }
  for (let tries = 0; tries < triesMax; tries++) {
    const found = tries === 0 ? known : await readBreaker(ports, config);
    if (isNewer(found, config)) {
      return undefined;
    }
    const state = afterMessage(found.state, seen, ports.clock.now(), chance, probe);
    const isNews = state !== found.state || found.former?.open_until !== undefined;
    if (!isNews || (await writeBreaker(ports, config, found, state)) !== undefined) {
      announce(ports, config, found.former ?? found.state, state, log);
      await follow(ports, config, state, log, seen);
      return state.open_until === undefined ? undefined : Math.ceil(state.open_until + spreadMs * chance);
    }
  }
  log.warn({ event: "breaker_contended", tenant_id: config.tenant_id, config_id: config.id });
  return undefined;
}

/** The config's status says what its breaker says; whoever comes next mends what a process that died in between left out. */
async function follow(ports: CircuitPorts, config: Config, state: BreakerState, log: Log, seen?: Observation): Promise<Config> {
  const back = seen !== undefined && hasWorked(seen) ? "active" : undefined;
  const status = state.is_error === true ? "error" : back;
  if (status === undefined || status === config.status) {
    return config;
  }
  const reason = status === "error" ? state.reason : "the provider takes events again";
  const moved = await moveByGateway(ports, config, status, reason);
  if (moved !== undefined) {
    log.warn({ event: "config_moved", tenant_id: config.tenant_id, config_id: config.id, status });
  }
  return moved ?? config;
}

function announce({ telemetry }: CircuitPorts, config: Config, before: BreakerState, after: BreakerState, log: Log): void {
  const { tenant_id, id: config_id, provider } = config;
  if (after.open_until !== undefined && after.open_until !== before.open_until) {
    const open_until = new Date(after.open_until).toISOString();
    log.warn({ event: "breaker_opened", tenant_id, config_id, provider, open_until, openings: after.openings });
    telemetry?.count("carreau_breaker_changes_total", { provider, to: "open" });
  }
  if (after.open_until === undefined && before.open_until !== undefined) {
    // As important as the opening: an alarm ends with it.
    log.warn({ event: "breaker_closed", tenant_id, config_id, provider });
    telemetry?.count("carreau_breaker_changes_total", { provider, to: "closed" });
  }
}
