import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Fault } from "../../../demo/faults.ts";
import { type RecordingProvider, startRecordingProvider } from "../../../demo/recording-provider.ts";
import { createHttpClient } from "../../../shared/adapters/common/undici-http-client.ts";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import type { Config } from "../../../shared/configs/config.ts";
import { type DispatchMessage, dispatchQueue } from "../../../shared/delivery/messages.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { OutgoingRequest } from "../../../shared/ports/http-client.ts";
import type { ProviderDefinition } from "../../../shared/providers/definition.ts";
import { findProvider, providers } from "../../../shared/providers/registry.ts";
import { openDirectDispatch } from "../../support/direct-dispatch.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import { examplePageView } from "../../support/example-config.ts";
import { type FaultCase, faultCases } from "../../support/fault-table.ts";
import { exampleVault } from "../../support/gateway-in-process.ts";

const http = createHttpClient({ allowPrivateTargets: true });
let recording: RecordingProvider;
beforeAll(async () => {
  recording = await startRecordingProvider();
});
afterAll(async () => {
  await recording.close();
  await http.close();
});

let fault: Fault | undefined;
const misbehave = (slug: string, how: Fault | undefined) => {
  fault = how;
  recording.setFault(slug, how);
};

/** As long as nothing is answered in time, time runs some hundred times as fast. */
const haste = 400;
const neverAnswers = (name: string | undefined) => name === "hang" || name === "slow-body";

/** Three page views at one provider that misbehaves: the dispatcher, real HTTP, and a clock that goes on when all wait. */
async function openFaultScene({ slug, inBatches }: Pick<FaultCase, "slug" | "inBatches">) {
  const open = openTestStore(containers, queueSettings);
  const sent: OutgoingRequest[] = [];
  const send = (request: OutgoingRequest) => {
    sent.push(request);
    return http.send(neverAnswers(fault?.kind) ? { ...request, timeoutMs: request.timeoutMs / haste } : request);
  };
  const ports = { ...open, http: { ...http, send }, secrets: exampleVault, log: silentLog };
  const known = findProvider(slug)!;
  const definition: ProviderDefinition = inBatches
    ? { ...known, toRequests: (events, config, at) => known.toRequests(events, { ...config, capabilities: { batch: true } }, at) }
    : known;
  const direct = await openDirectDispatch(ports, definition, `${recording.url}/${slug}`, inBatches ? { use_batch: true } : {});
  const at = new Date(open.clock.now()).toISOString();
  const events = [1, 2, 3].map((number) => ({
    ...examplePageView,
    id: `0192f0c1-2a5c-7b64-8f57-5c5f0d3c9a0${number}`,
    occurred_at: at,
    received_at: at,
  }));
  const first = await direct.pending(events);
  const state = async () => Object.values((await direct.delivery(first)).events);
  return {
    sent,
    state,
    configStatus: async () => {
      const { tenant_id, config_id } = first;
      return (await open.store.get<Config>("configs", tenant_id, config_id))!.document.status;
    },
    now: () => open.clock.now(),
    begin: () => direct.dispatch(first, silentLog),
    /** Waits until the next attempt is due, and makes it. */
    tryAgain: async () => {
      const { due_at } = await direct.delivery(first);
      await open.clock.jump(due_at! - open.clock.now());
      const messages = await open.queue.receive(dispatchQueue(slug), { max: 10, waitMs: 0 });
      expect(messages).toHaveLength(1);
      await direct.dispatch(messages[0]!.body as DispatchMessage, silentLog);
      await open.queue.complete(messages[0]!);
    },
    close: () => open.close(),
  };
}

const titled = faultCases.map((one) => ({ ...one, at: `${one.slug}${one.inBatches ? " in batches" : ""}` }));
const possible = titled.flatMap(({ expected, ...one }) => (expected === undefined ? [] : [{ ...one, expected }]));
const passing = possible.filter(({ expected }) => expected.attempts > 1);

describe("a provider that misbehaves", () => {
  let scene: Awaited<ReturnType<typeof openFaultScene>>;
  beforeEach(() => {
    recording.clear();
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await scene.close();
  });

  it.each(possible)("$at, $name: $expected.outcome after $expected.attempts attempts", async ({ expected, ...one }) => {
    scene = await openFaultScene(one);
    misbehave(one.slug, one.fault);
    await scene.begin();
    while ((await scene.state()).some(({ outcome }) => outcome === "pending")) {
      await scene.tryAgain();
    }
    misbehave(one.slug, undefined);
    const events = await scene.state();
    expect(events.map(({ outcome, attempts }) => [outcome, attempts.length])).toEqual(Array(3).fill([expected.outcome, expected.attempts]));
    expect(scene.sent).toHaveLength(expected.requests);
    expect(await scene.configStatus()).toBe(expected.configStatus);
    expect(new Set(scene.sent.map(({ timeoutMs }) => timeoutMs))).toEqual(new Set([10_000]));
    expect(recording.received).toHaveLength(one.fault === undefined ? 3 : 0);
    const isGood = ["delivered", "accepted_unverifiable"].includes(expected.outcome);
    expect(events.every(({ reason }) => isGood === (reason === undefined))).toBe(true);
  });

  it.each(passing)("$at, $name once: waits half a minute, delivers each event once", async (one) => {
    scene = await openFaultScene(one);
    misbehave(one.slug, one.fault);
    await scene.begin();
    misbehave(one.slug, undefined);
    const due = new Date(scene.now() + 30_000).toISOString();
    for (const { outcome, attempts } of await scene.state()) {
      expect([outcome, attempts.map(({ next_attempt_at }) => next_attempt_at)]).toEqual(["pending", [due]]);
      const said = one.fault?.kind === "status" ? { status: one.fault.status } : { failure: failureOf(one.name) };
      expect(attempts[0]).toMatchObject(said);
    }
    await scene.tryAgain();
    const good = possible.find(({ at, name }) => at === one.at && name === "none")!.expected.outcome;
    expect((await scene.state()).map(({ outcome, attempts }) => [outcome, attempts.length])).toEqual(Array(3).fill([good, 2]));
    expect(recording.received).toHaveLength(3);
  });
});

const failureOf = (name: string) => (neverAnswers(name) ? "timeout" : "connection-lost");

describe("a provider that says when to come again", () => {
  const hour = 3_600_000;
  const start = Date.UTC(2026, 0, 1);
  const cases = providers.flatMap(({ slug }) => [
    { slug, status: 429, header: "1800", waitMs: hour / 2 },
    { slug, status: 503, header: new Date(start + hour / 2).toUTCString(), waitMs: hour / 2 },
    { slug, status: 503, header: "1", waitMs: 30_000 },
    { slug, status: 429, header: "soon", waitMs: 30_000 },
    { slug, status: 429, header: String(90 * 24 * 3600), waitMs: 24 * hour },
  ]);

  it.each(cases)("$slug, $status with Retry-After $header: waits $waitMs ms", async ({ slug, status, header, waitMs }) => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
    const scene = await openFaultScene({ slug, inBatches: false });
    onTestFinished(scene.close);
    expect(scene.now()).toBe(start);
    misbehave(slug, { kind: "status", status, headers: { "retry-after": header } });
    await scene.begin();
    misbehave(slug, undefined);
    const due = new Date(start + waitMs).toISOString();
    for (const { outcome, attempts } of await scene.state()) {
      expect([outcome, attempts.at(-1)?.next_attempt_at]).toEqual(["pending", due]);
    }
  });
});

describe("the table of faults", () => {
  it("has a column for every provider that there is", () => {
    expect(new Set(faultCases.map(({ slug }) => slug))).toEqual(new Set(providers.map(({ slug }) => slug)));
  });

  it.each(titled.filter(({ expected }) => expected === undefined))("$at has no answer that says $name", ({ slug, fault }) => {
    expect(() => recording.setFault(slug, fault)).toThrow("no answer");
  });
});
