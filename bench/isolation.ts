import { Agent } from "undici";
import { recordingEndpoints } from "../demo/recording-endpoints.ts";
import { type Gateway, newTenant } from "../test/support/gateway.ts";
import { pageView } from "./load.ts";
import { type Behaviour, startNeighbours } from "./servers/neighbours.ts";
import { startMeasuredGateway } from "./servers.ts";
import type { Figure } from "./table.ts";

/** All configs are of this one, whose events go one by one: they share its queue. */
const provider = "plausible";
const perSecond = 50;
/** What has not arrived so long after the last was posted counts as if it did then. */
const patienceMs = 15_000;
const sick: readonly Behaviour[] = ["hang", "slow-500", "reset"];
const well: readonly Behaviour[] = ["well", "well", "well"];

/** Each case counts with its best round: a noisy moment of the machine is longer than what is measured. */
const rounds = 3;

/**
 * How long a healthy config's events take from the 202 to its server (i): alone, beside three busy configs that are well, and beside three of
 * which one hangs, one answers 500 after three seconds and one resets connections; another tenant's, and its own. The cases take turns.
 * @param seconds of each case in each round
 */
export async function measureIsolation(report: (figure: Figure) => void, seconds: number): Promise<void> {
  const scenarios: Scenario[] = [
    { neighbours: [], isOwn: false, seconds },
    ...[false, true].flatMap((isOwn) => [well, sick].map((neighbours) => ({ neighbours, isOwn, seconds }))),
  ];
  const best = scenarios.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [at, scenario] of scenarios.entries()) {
      best[at] = Math.min(best[at]!, await p99(scenario));
    }
  }
  const alone = best[0]!;
  report({ what: "i. accept → provider p99, the config alone", value: alone, unit: "ms" });
  for (const [at, { isOwn, neighbours }] of scenarios.entries()) {
    const whose = isOwn ? "its own tenant" : "another tenant";
    const value = best[at]!;
    if (neighbours === well) {
      report({ what: `i. … beside three healthy configs of ${whose}`, value, unit: "ms", ratio: { to: "alone", value: value / alone } });
    } else if (neighbours === sick) {
      const ratio = { to: "beside healthy ones", value: value / best[at - 1]! };
      const what = `i. … beside a hanging, a failing and a resetting config of ${whose}`;
      report({ what, value, unit: "ms", ratio, goal: { most: 1.2 } });
    }
  }
}

interface Scenario {
  readonly neighbours: readonly Behaviour[];
  /** Whether the neighbours are the same tenant's. */
  readonly isOwn: boolean;
  readonly seconds: number;
}

async function p99({ neighbours, isOwn, seconds }: Scenario): Promise<number> {
  const arrivedAt = new Map<string, number>();
  const servers = await startNeighbours((label, name, at) => {
    // Others are the tries with which a config is verified.
    if (label === "healthy" && name.startsWith("measured-") && !arrivedAt.has(name)) {
      arrivedAt.set(name, at);
    }
  });
  const { gateway, key } = await startMeasuredGateway();
  const other = isOwn ? key : (await newTenant(gateway)).key;
  await activate(gateway, key, `${servers.url}/healthy/well`);
  for (const [at, behaviour] of neighbours.entries()) {
    await activate(gateway, other, `${servers.url}/neighbour-${at}/${behaviour}`);
  }
  const agent = new Agent({ connections: 32 });
  const senders = [sendEvenly(agent, gateway.url, key, "measured", seconds)];
  if (neighbours.length > 0 && !isOwn) {
    senders.push(sendEvenly(agent, gateway.url, other, "neighbour", seconds));
  }
  const [acceptedAt] = await Promise.all(senders);
  const end = performance.now() + patienceMs;
  while (arrivedAt.size < acceptedAt!.size && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const delays = [...acceptedAt!].map(([name, at]) => Math.max(0, (arrivedAt.get(name) ?? end) - at)).sort((a, b) => a - b);
  await agent.close();
  // What hangs would hold up a graceful end.
  await gateway.kill();
  await servers.stop();
  await gateway.stop();
  return delays[Math.floor(delays.length * 0.99)]!;
}

async function activate(gateway: Gateway, key: string, baseUrl: string): Promise<void> {
  const { exampleSettings } = await recordingEndpoints(provider);
  const made = await gateway.call("POST", `/analytics/${provider}/configs`, { key, body: exampleSettings(baseUrl) });
  const active = await gateway.call("POST", `/analytics/${provider}/configs/${made.body.id}/activate?force=true`, { key });
  if (active.status !== 200) {
    throw new Error(`no config: ${made.text} ${active.text}`);
  }
}

/** Posts single events at an even rate; when each was answered, by name. */
async function sendEvenly(agent: Agent, origin: string, key: string, prefix: string, seconds: number): Promise<Map<string, number>> {
  const acceptedAt = new Map<string, number>();
  const running: Promise<void>[] = [];
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const startedAt = performance.now();
  for (let sent = 0; sent < perSecond * seconds; sent++) {
    const name = `${prefix}-${sent}`;
    const body = JSON.stringify({ ...pageView(sent), event_name: name });
    const wait = (sent / perSecond) * 1000 - (performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(
      agent.request({ origin, path: "/analytics/events", method: "POST", headers, body }).then(async (response) => {
        await response.body.dump();
        if (response.statusCode !== 202) {
          throw new Error(`refused with ${response.statusCode}`);
        }
        acceptedAt.set(name, performance.now());
      }),
    );
  }
  await Promise.all(running);
  return acceptedAt;
}
