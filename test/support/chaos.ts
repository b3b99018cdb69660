import type { Audit } from "./chaos-audit.ts";
import { sendLoad } from "./chaos-load.ts";
import { openChaosStage } from "./chaos-stage.ts";
import { makeFolder } from "./make-folder.ts";

/** One round; numbers of events are sums over all rounds so far. */
export interface ChaosRound extends Audit {
  readonly round: number;
  readonly gatewayKills: number;
  readonly providerKills: number;
  /** Events at configs that were on their way at the kills. */
  readonly inFlight: number;
  readonly drainMs: number;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Kill {
  /** Since the restart after the one before. */
  readonly afterMs: number;
  readonly deadMs: number;
}

/** One to three kills of the gateway, up to two of the provider. */
function planKills(random: () => number): { readonly gateway: readonly Kill[]; readonly provider: readonly Kill[] } {
  const plan = (times: number) => Array.from({ length: times }, () => ({ afterMs: random() * 1_200, deadMs: random() * 600 }));
  return { gateway: plan(1 + Math.floor(random() * 3)), provider: plan(Math.floor(random() * 3)) };
}

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) {
    await act(item);
  }
}

/**
 * Rounds of load on a gateway of several tenants with configs of every provider, in which gateway and provider are killed (SIGKILL) at random
 * moments and started again; after each round everything is delivered, the gateway halted, and what it stored held against what
 * senders and provider know. Waits for retries are skipped by moving the gateway's clock.
 */
export async function runChaos(
  { rounds, seed, posts = 150 }: { rounds: number; seed: number; posts?: number },
  report: (round: ChaosRound) => void = () => undefined,
): Promise<ChaosRound[]> {
  const folder = makeFolder();
  const stage = await openChaosStage(folder.path);
  const done: ChaosRound[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const { gateway, provider } = planKills(seeded(seed + 2 * round));
      const load = { posts, connections: 8, prefix: `c${round}` };
      await Promise.all([
        sendLoad(stage.tenants, load, seeded(seed + 2 * round + 1), stage.call, stage.senders),
        inTurn(gateway, ({ afterMs }) => wait(afterMs).then(stage.killGateway)),
        inTurn(provider, ({ afterMs, deadMs }) => wait(afterMs).then(() => stage.killProvider(deadMs))),
      ]);
      const drainMs = await stage.drain();
      const found = await stage.examine();
      const kills = { gatewayKills: gateway.length, providerKills: provider.length };
      const result = { round, ...kills, inFlight: stage.inFlight.size, drainMs, ...found };
      done.push(result);
      report(result);
    }
  } finally {
    await stage.close();
    folder.remove();
  }
  return done;
}
