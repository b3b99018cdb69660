import { expect, it, onTestFinished } from "vitest";
import { crowdOf, decide, newClub, revoke } from "../support/consent-crowd.ts";
import { eventually } from "../support/gateway.ts";
import { startGatewayUnderClock } from "../support/gateway-under-clock.ts";
import { MovingClock } from "../support/moving-clock.ts";
import { startWireTap } from "../support/wire-tap.ts";

const provider = "ga4";
const count = 10_000;

it("sends none of 10,000 waiting events of a visitor who revokes meanwhile, and all of those who don't", async () => {
  const tap = await startWireTap(() => false);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const gateway = await startGatewayUnderClock(new MovingClock(), (ports) => ({
    ...ports,
    queue: new Proxy(ports.queue, {
      get: (queue, name: keyof typeof ports.queue) => {
        const method = (queue[name] as (...args: unknown[]) => unknown).bind(queue);
        const held = async (...args: unknown[]) => {
          await (args[0] === `dispatch-${provider}` ? released : undefined);
          return method(...args);
        };
        return name === "receive" ? held : method;
      },
    }),
  }));
  onTestFinished(async () => {
    release();
    await gateway.stop();
    await tap.close();
  });
  const club = await newClub(gateway, 365);
  const { call } = gateway;
  const settings = tap.endpoints.get(provider)!.exampleSettings(`${tap.url}/${provider}/one`);
  const made = await call("POST", `/analytics/${provider}/configs`, { key: club.key, body: settings });
  expect((await call("POST", `/analytics/${provider}/configs/${made.body.id}/activate`, { key: club.key })).status).toBe(200);
  const [leaving, staying] = crowdOf(1).slice(-2) as [ReturnType<typeof crowdOf>[number], ReturnType<typeof crowdOf>[number]];
  await decide(gateway, club, leaving, true);
  await decide(gateway, club, staying, true);

  for (let batch = 0; batch < count / 500; batch++) {
    const events = Array.from({ length: 505 }, (_, at) => ({
      event_name: "pageview",
      page_url: `https://club.example/${at < 500 ? "leaving" : `staying-${batch}-${at}.`}`,
      visitor_id: (at < 500 ? leaving : staying).visitor_id,
    }));
    await call("POST", "/analytics/events", { key: club.key, body: { events } });
  }
  const usage = () => call("GET", `/analytics/${provider}/configs/${made.body.id}/usage`, { key: club.key });
  const waiting = await eventually(usage, ({ body }) => body.total.events_received === count * 1.01);
  expect(waiting.body.total.events_pending).toBe(count * 1.01);
  tap.requests.length = 0;

  await revoke(gateway, club, leaving);
  release();
  const done = await eventually(usage, ({ body }) => body.total.events_pending === 0, 60_000);

  expect(done.body.total).toMatchObject({
    events_suppressed: { consent_revoked: count },
    outcomes: { accepted_unverifiable: count / 100 },
  });
  const sent = tap.requests.map(({ text }) => text).join("\n");
  expect(sent).not.toContain("/leaving");
  expect(new Set(sent.match(/staying-\d+-\d+\./g)).size).toBe(count / 100);
});
