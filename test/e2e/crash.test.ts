import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, failedOtherwise, type Gateway, newTenant, startGateway } from "../support/gateway.ts";
import { makeFolder } from "../support/make-folder.ts";

const posts = 5_000;
const connections = 32;

interface Answer {
  readonly id: string;
  readonly status: string;
}

/** Posts event after event over several connections until all were tried or the gateway is gone; answers what was answered 202. */
async function postAll(gateway: Gateway, key: string, onAnswer: (answered: number) => void): Promise<Map<number, Answer>> {
  const answers = new Map<number, Answer>();
  let next = 0;
  const postOn = async () => {
    while (next < posts) {
      const number = next++;
      const body = { event_name: `post-${number}`, page_url: "https://shop.example/", idempotency_key: `post-${number}` };
      const answer = await gateway.call("POST", "/analytics/events", { key, body });
      expect(answer.status).toBe(202);
      answers.set(number, answer.body.results[0]);
      onAnswer(answers.size);
    }
  };
  expect(failedOtherwise(await Promise.allSettled(Array.from({ length: connections }, postOn)))).toEqual([]);
  return answers;
}

describe("kill -9 in the middle of many posts", () => {
  const folder = makeFolder();
  let recording: RecordingProvider;
  beforeAll(async () => {
    recording = await startRecordingProvider({ keptMax: 4 * posts });
  });
  afterAll(async () => {
    await recording.close();
    folder.remove();
  });

  const start = async () => {
    const gateway = await startGateway({ data: folder.path });
    onTestFinished(async () => void (await gateway.kill()));
    return gateway;
  };

  it("loses no event that was answered 202, stores none twice and gives each its outcome", async () => {
    let gateway = await start();
    const { key } = await newTenant(gateway);
    const slugs = consentFree.map(({ slug }) => slug);
    const configs = await activateConfigs(gateway, key, recording.url, slugs);
    const beforeKill = await postAll(gateway, key, (answered) => void (answered === posts * 0.4 && gateway.kill()));
    expect(beforeKill.size).toBeGreaterThanOrEqual(posts * 0.4);
    expect(beforeKill.size).toBeLessThan(posts);

    // Once more in the middle of what the first crash left to deliver.
    gateway = await start();
    await gateway.kill();
    gateway = await start();
    const reposted = await postAll(gateway, key, () => undefined);

    expect(reposted.size).toBe(posts);
    for (const [number, { id }] of beforeKill) {
      expect(reposted.get(number)).toEqual({ index: 0, id, status: "duplicate" });
    }
    expect(new Set([...reposted.values()].map(({ id }) => id)).size).toBe(posts);
    for (const [provider, config] of Object.entries(configs)) {
      const { body } = await eventually(
        () => gateway.call("GET", `/analytics/${provider}/configs/${config}`, { key }),
        (answer) => answer.body.usage.events_delivered === posts,
        240_000,
      );
      expect(body.usage).toMatchObject({ events_received: posts, events_delivered: posts, events_pending: 0 });
      const names = recording.received.filter((event) => event.provider === provider).map(({ name }) => name);
      expect(new Set(names).size).toBe(posts);
    }
    for (const { id } of [...beforeKill.values()].slice(-100)) {
      const { body } = await gateway.call("GET", `/analytics/events/${id}`, { key });
      expect(Object.values(body.deliveries).map((delivery) => (delivery as { outcome: string }).outcome)).toEqual(
        consentFree.map(() => "delivered"),
      );
    }
    expect(await gateway.halt()).toBe(0);
  }, 300_000);
});
