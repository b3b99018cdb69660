import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import type { HttpClient } from "../../shared/ports/http-client.ts";
import type { Queue, ReceivedMessage } from "../../shared/ports/queue.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, newTenant } from "../support/gateway.ts";
import { type GatewayUnderClock, startGatewayUnderClock } from "../support/gateway-under-clock.ts";
import { MovingClock } from "../support/moving-clock.ts";

const hour = 3_600_000;

describe("a provider that is down", () => {
  const clock = new MovingClock();
  const [slug] = consentFree.filter(({ lateAfterSeconds }) => lateAfterSeconds === undefined).map((definition) => definition.slug) as [
    string,
  ];
  let gateway: GatewayUnderClock;
  let recording: RecordingProvider;
  let isDown = false;
  const inWork = new Set<string>();
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGatewayUnderClock(clock, (ports) => {
      const send: HttpClient["send"] = async (request) =>
        isDown ? { kind: "failure", reason: "connect-failed", sent: false } : ports.http.send(request);
      const { checkTarget, close } = ports.http;
      const http = { send, checkTarget: checkTarget.bind(ports.http), close: close.bind(ports.http) };
      return { ...ports, http, queue: watched(ports.queue, inWork) };
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const call = (method: string, path: string, key: string, body?: unknown) =>
    gateway.call(method, path, { key, ...(body === undefined ? {} : { body }) });

  /** Twenty events of a new tenant, posted while the provider is down. */
  const post = async () => {
    isDown = false;
    const { key } = await newTenant(gateway);
    const { [slug]: config } = (await activateConfigs(gateway, key, recording.url, [slug])) as Record<string, string>;
    isDown = true;
    const events = Array.from({ length: 20 }, () => ({ event_name: "pageview", page_url: "https://site.example/" }));
    const posted = await call("POST", "/analytics/events", key, { events });
    const ids = (posted.body.results as { id: string }[]).map(({ id }) => id);
    const outcomes = async () => {
      const { body } = await call("GET", `/analytics/events?config_id=${config}`, key);
      const found = new Map((body.items as { id: string; deliveries: object }[]).map((item) => [item.id, item.deliveries]));
      return new Set(ids.map((id) => (found.get(id) as Record<string, { outcome: string }> | undefined)?.[config!]?.outcome));
    };
    const isAll = async (outcome: string) => {
      const seen = await outcomes();
      return seen.size === 1 && seen.has(outcome);
    };
    await eventually(outcomes, (seen) => !seen.has(undefined));
    return { key, config: config!, ids, isAll };
  };

  /** Lets ten minutes pass; not while a message is in work, whose lock and requests would run out. */
  const passTenMinutes = async () => {
    await eventually(
      () => gateway.call("GET", "/health/live"),
      () => inWork.size === 0,
    );
    clock.jump(hour / 6);
  };
  /** Lets time pass until something is so, or a week is over. */
  const passUntil = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let passed = 0; !(await isSo()); passed += hour / 6) {
      expect(passed).toBeLessThan(168 * hour);
      await passTenMinutes();
    }
  };

  it("for six hours costs nothing: everything is delivered without a command", async () => {
    const { key, isAll } = await post();
    for (let passed = 0; passed < 6 * hour; passed += hour / 6) {
      await passTenMinutes();
      expect(await isAll("delivered")).toBe(false);
    }
    isDown = false;
    await passUntil(() => isAll("delivered"));
    expect((await call("GET", "/analytics/dead-letters", key)).body.items).toEqual([]);
  });

  it("for longer than all retries costs one command: then everything is delivered", async () => {
    const { key, config, ids, isAll } = await post();
    await passUntil(() => isAll("dead_lettered"));
    const listed = await call("GET", `/analytics/dead-letters?config_id=${config}&limit=100`, key);
    expect(new Set(listed.body.items.map(({ event_id }: { event_id: string }) => event_id))).toEqual(new Set(ids));
    isDown = false;
    const made = await call("POST", "/analytics/dead-letters/redeliver", key, { config_id: config });
    expect(made.status).toBe(202);
    await passUntil(async () => (await call("GET", made.headers.get("location")!, key)).body.status === "done");
    expect((await call("GET", made.headers.get("location")!, key)).body).toMatchObject({ counted: 20, redelivered: 20, skipped: {} });
    await passUntil(() => isAll("delivered"));
    expect((await call("GET", "/analytics/dead-letters", key)).body.items).toEqual([]);
    const { total } = (await call("GET", `/analytics/${slug}/configs/${config}/usage?bucket=day&from=${lastWeek()}`, key)).body;
    expect(total).toMatchObject({ events_received: 20, events_delivered: 20, events_failed: 0, events_pending: 0 });
  });

  const lastWeek = () => new Date(clock.now() - 168 * hour).toISOString();
});

/** The queue; notes what is handed out and not yet settled. */
function watched(queue: Queue, inWork: Set<string>): Queue {
  const settling: (keyof Queue)[] = ["complete", "abandon", "deadLetter"];
  return new Proxy(queue, {
    get: (target, name: keyof Queue) => {
      const method = (target[name] as (...args: unknown[]) => Promise<unknown>).bind(target);
      return async (...args: unknown[]) => {
        const answer = await method(...args);
        if (name === "receive") {
          for (const { lockToken } of answer as ReceivedMessage[]) {
            inWork.add(lockToken);
          }
        } else if (settling.includes(name)) {
          inWork.delete((args[0] as ReceivedMessage).lockToken);
        }
        return answer;
      };
    },
  });
}
