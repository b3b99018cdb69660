import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DispatchMessage } from "../../shared/delivery/messages.ts";
import { type Audit, audit } from "./chaos-audit.ts";
import type { Senders } from "./chaos-load.ts";
import { type ChaosTenant, newChaosTenant } from "./chaos-tenants.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { MovingClock } from "./moving-clock.ts";
import { openSteadyPort } from "./steady-port.ts";
import { databaseIn, examineFile, readArrivals, readBooks } from "./stored-books.ts";

/** Less than a lock lasts, so that no message is taken twice because of the jump. */
const jumpMs = 20_000;
const drainMsMax = 120_000;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A gateway with several tenants and the provider that all their configs point at, each a process that can be killed. */
export async function openChaosStage(folder: string) {
  const data = join(folder, "data");
  const taken = join(folder, "taken");
  writeFileSync(taken, "");
  const clock = new MovingClock();
  const door = await openSteadyPort();
  const startProvider = async () => {
    const started = await startGateway({ data: folder, entry: `test/support/mortal-provider.ts ${taken}` });
    door.leadTo(Number(new URL(started.url).port));
    return started;
  };
  const startIt = () => startGateway({ data, keepLog: false, entry: `test/support/gateway-with-clock.ts ${clock.now() - Date.now()}` });
  let provider = await startProvider();
  let gateway = await startIt();
  let isUp: Promise<Gateway> = Promise.resolve(gateway);
  const tenants: ChaosTenant[] = [];
  for (const name of ["a", "b", "c"]) {
    tenants.push(await newChaosTenant(gateway, door.url, name));
  }
  const labels = new Map(tenants.flatMap(({ configs }) => [...configs]));
  const senders: Senders = { accepted: new Map(), unanswered: [], violations: [] };
  const inFlight = new Set<string>();
  const placesOf = ({ config_id, events }: DispatchMessage) => events.map(({ event_name }) => `${labels.get(config_id)} ${event_name}`);
  const note = (messages: readonly DispatchMessage[]) => {
    for (const place of messages.filter(({ config_id }) => config_id !== undefined).flatMap(placesOf)) {
      inFlight.add(place);
    }
  };
  const restart = () => {
    isUp = startIt().then((started) => (gateway = started));
    return isUp;
  };
  /** What the gateway has in work, and when the next of what waits is due; `undefined` from a gateway that is being killed. */
  const ask = async (ms: number): Promise<{ in_work: DispatchMessage[]; next_due: number | null } | undefined> => {
    const [, control] = /^clock on (\S+)$/m.exec((await isUp).output())!;
    return fetch(`${control}/${ms}`).then(
      (response) => response.json() as never,
      () => undefined,
    );
  };
  return {
    tenants,
    senders,
    inFlight,
    call: async (post: { key: string; body: object }) => (await isUp).call("POST", "/analytics/events", post),
    /** What was handed out was on its way; so was what has arrived, although that it was handed out may not have been on disk yet. */
    killGateway: async () => {
      await (await isUp).kill();
      await door.quiet();
      const arrivals = readArrivals(taken);
      const hasArrived = (message: DispatchMessage) => placesOf(message).some((place) => arrivals.has(place));
      note(messagesLeft(data).flatMap(({ isCounted, message }) => (isCounted || hasArrived(message) ? [message] : [])));
      await restart();
    },
    /** Stopped first, so that what it has not answered is still in the gateway's hands when that is looked at. */
    killProvider: async (deadMs: number) => {
      process.kill(provider.pid, "SIGSTOP");
      note((await ask(0))?.in_work ?? []);
      door.leadTo(undefined);
      await provider.kill();
      await wait(deadMs);
      provider = await startProvider();
    },
    /** Until nothing is open; time moves on when twice in a row nothing is in work: all that is open is for later. */
    drain: async () => {
      const startedAt = performance.now();
      let idle = 0;
      for (let state = await ask(0); state?.next_due !== null; state = await ask(0)) {
        if (performance.now() - startedAt > drainMsMax) {
          break;
        }
        idle = state?.in_work.length === 0 ? idle + 1 : 0;
        if (idle > 1) {
          clock.jump(jumpMs);
          await ask(jumpMs);
        }
        await wait(50);
      }
      return performance.now() - startedAt;
    },
    examine: async (): Promise<Audit> => {
      const code = await gateway.halt();
      const { settled, violations } = await readBooks(data, tenants, clock);
      const found = audit(tenants, senders, settled, readArrivals(taken), inFlight);
      const all = [...senders.violations, ...(code === 0 ? [] : [`the gateway ended with ${code}`]), ...examineFile(data), ...violations];
      await restart();
      return { ...found, violations: [...all, ...found.violations] };
    },
    close: async () => {
      await (await isUp).kill();
      await provider.kill();
      await door.close();
    },
  };
}

/** Messages to providers in the file that a killed gateway left. */
function messagesLeft(data: string): { readonly isCounted: boolean; readonly message: DispatchMessage }[] {
  const db = new DatabaseSync(databaseIn(data));
  const rows = db.prepare("SELECT delivery_count, body FROM messages WHERE queue LIKE 'dispatch-%'").all();
  db.close();
  return rows.map((row) => ({
    isCounted: Number(row["delivery_count"]) > 0,
    message: JSON.parse(String(row["body"])) as DispatchMessage,
  }));
}
