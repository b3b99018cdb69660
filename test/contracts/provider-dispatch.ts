import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import type { Fault } from "../../demo/faults.ts";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { createHttpClient } from "../../shared/adapters/common/undici-http-client.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { dispatchQueue } from "../../shared/delivery/messages.ts";
import type { DeliverableEvent } from "../../shared/events/event.ts";
import { containers } from "../../shared/ports/containers.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { openDirectDispatch } from "../support/direct-dispatch.ts";
import { openTestStore } from "../support/embedded-store.ts";
import { exampleConfig, examplePageView } from "../support/example-config.ts";
import { exampleVault } from "../support/gateway-in-process.ts";

/** Sending over real HTTP, well or badly: what is logged and kept of it. */
export function providerDispatchContract(definition: ProviderDefinition): void {
  const { slug } = definition;
  const open = openTestStore(containers, queueSettings);
  const http = createHttpClient({ allowPrivateTargets: true });
  let recording: RecordingProvider;
  let lines: string[] = [];
  beforeAll(async () => {
    recording = await startRecordingProvider();
  });
  afterAll(async () => {
    await recording.close();
    await http.close();
    await open.close();
  });
  const write = (fields: object) => void lines.push(JSON.stringify(fields));
  const log: Log = { info: write, warn: write, error: write };
  const events: DeliverableEvent[] = [1, 2, 3].map((at) => ({ ...examplePageView, id: `0192f0c1-2a5c-7b64-8f57-5c5f0d3c9a0${at}` }));

  const dispatchTo = async (baseUrl: string) => {
    lines = [];
    const direct = await openDirectDispatch({ ...open, http, secrets: exampleVault, log }, definition, baseUrl);
    const message = await direct.pending(events);
    await direct.dispatch(message, log);
    const delivery = await direct.delivery(message);
    return { delivery, outcomes: new Set(Object.values(delivery.events).map(({ outcome }) => outcome)) };
  };
  /** Everything that must not be seen, in the spellings that URLs, headers and JSON give it. */
  const unseen = async (baseUrl: string) => {
    const config = await exampleConfig(definition, baseUrl);
    const secrets = Object.values(config.secrets).flatMap((value) => [value, encodeURIComponent(value)]);
    const { requests } = definition.toRequests(events, config);
    const secretsAndAddress = [...secrets, examplePageView.client_ip!, examplePageView.user_agent!];
    return { echo: JSON.stringify(requests), kept: secretsAndAddress, logged: [...secretsAndAddress, baseUrl, new URL(baseUrl).host] };
  };

  it("delivers over real HTTP, and logs neither secret, address nor visitor", async () => {
    const baseUrl = `${recording.url}/${slug}`;
    const { kept, logged } = await unseen(baseUrl);
    recording.clear();
    const { delivery, outcomes } = await dispatchTo(baseUrl);
    expect([["delivered"], ["accepted_unverifiable"]]).toContainEqual([...outcomes]);
    expect(recording.received).toHaveLength(events.length);
    expect(lines.filter((line) => line.includes('"delivery_attempt"'))).toHaveLength(1);
    expect(logged.filter((text) => lines.join("\n").includes(text))).toEqual([]);
    expect(kept.filter((text) => JSON.stringify(delivery).includes(text))).toEqual([]);
  });

  it.each<Fault["kind"] | 400 | 401 | 404 | 413 | 500 | 503>([400, 401, 404, 413, 500, 503, "reset", "reset-mid-body", "garbage"])(
    "logs and keeps neither secret nor visitor when the server misbehaves: %s",
    async (fault) => {
      const baseUrl = `${recording.url}/${slug}`;
      const { echo, kept, logged } = await unseen(baseUrl);
      const status = (code: number): Fault => ({ kind: "status", status: code, body: echo });
      recording.setFault(slug, typeof fault === "number" ? status(fault) : ({ kind: fault } as Fault));
      recording.clear();
      const { delivery } = await dispatchTo(baseUrl);
      recording.setFault(slug, undefined);
      expect(recording.received).toEqual([]);
      expect(Object.values(delivery.events).map(({ attempts }) => attempts.length)).toEqual(events.map(() => 1));
      expect(lines.filter((line) => line.includes('"delivery_attempt"'))).toHaveLength(1);
      expect(logged.filter((text) => lines.join("\n").includes(text))).toEqual([]);
      expect(kept.filter((text) => JSON.stringify(delivery).includes(text))).toEqual([]);
    },
  );

  it("tries again where nobody listens, and logs no address", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
    const gone = await startRecordingProvider();
    await gone.close();
    const { outcomes } = await dispatchTo(`${gone.url}/${slug}`);
    expect([...outcomes]).toEqual(["pending"]);
    expect(lines.join("\n")).not.toContain(new URL(gone.url).host);
    const again = await open.queue.receive(dispatchQueue(slug), { max: 10, waitMs: 0 });
    expect(again).toEqual([]);
    await open.advance(3_600_000);
    expect((await open.queue.receive(dispatchQueue(slug), { max: 100, waitMs: 0 })).length).toBeGreaterThan(0);
  });
}
