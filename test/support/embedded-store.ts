import { onTestFinished } from "vitest";
import { type EmbeddedStore, openEmbedded } from "../../shared/adapters/embedded/open-embedded.ts";
import { type ContainerDefinitions, containers } from "../../shared/ports/containers.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { QueueSettings } from "../../shared/ports/queue.ts";
import { contractQueueSettings } from "../contracts/queue.ts";
import { FakeClock } from "./fake-clock.ts";
import { makeFolder } from "./make-folder.ts";

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** The embedded store in a folder of its own, under a clock that the test moves. */
export function openTestStore(definitions: ContainerDefinitions = containers, settings: QueueSettings = contractQueueSettings) {
  const folder = makeFolder();
  const clock = new FakeClock();
  const embedded: EmbeddedStore = openEmbedded(folder.path, definitions, settings, clock, silentLog);
  return {
    ...embedded,
    clock,
    folder: folder.path,
    now: () => clock.now(),
    advance: (ms: number) => clock.advance(ms),
    close: async () => {
      await embedded.close();
      folder.remove();
    },
  };
}

/** Stores for the running test that tries its promise many times: each call closes the one before, and the last goes when the test ends. */
export function testStores(...settings: Parameters<typeof openTestStore>) {
  let close = async () => {};
  onTestFinished(() => close());
  return async () => {
    await close();
    const open = openTestStore(...settings);
    close = open.close;
    return open;
  };
}
