import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registeredFunctions } from "../../scripts/check-infra/registered-functions.ts";
import { duration, infraFiles, queuesOf } from "../../scripts/infra-files.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { providers } from "../../shared/providers/registry.ts";

const root = join(import.meta.dirname, "../..");

interface QueueList {
  readonly queues: readonly { readonly name: string; readonly function: string }[];
}

interface EmulatorConfig {
  readonly UserConfig: { readonly Namespaces: readonly { readonly Queues: readonly { readonly Name: string }[] }[] };
}

/** The names of the queues that Bicep makes, and those that the emulator of docker-compose makes. */
function queuesIn(files: ReturnType<typeof infraFiles>): { bicep: string[]; compose: string[] } {
  const list = JSON.parse(files["infra/queues.json"]) as QueueList;
  const emulator = JSON.parse(files["infra/emulators/servicebus.json"]) as EmulatorConfig;
  return {
    bicep: list.queues.map(({ name }) => name),
    compose: emulator.UserConfig.Namespaces.flatMap(({ Queues }) => Queues.map(({ Name }) => Name)),
  };
}

describe("the files that infra/ takes from the code", () => {
  it.each(Object.entries(infraFiles(providers, queueSettings)))("%s is what `npm run generate:infra` writes", (path, content) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(content);
  });

  it("have a queue for every function that empties one, under that function's name", () => {
    const listening = registeredFunctions().listeners.map(({ name, queue }) => ({ name: queue, function: name }));
    expect(queuesOf(providers)).toEqual(listening);
  });

  it("have the queue of a new provider, in Azure and in the emulator alike", () => {
    const before = queuesIn(infraFiles(providers, queueSettings));
    const after = queuesIn(infraFiles([...providers, { slug: "made-up" }], queueSettings));

    expect(after.bicep).toEqual([...before.bicep, "dispatch-made-up"]);
    expect(after.compose).toEqual(after.bicep);
  });

  it("make queues as the code expects them", () => {
    const { settings } = JSON.parse(
      infraFiles(providers, { lockMs: 30_000, deliveriesMax: 7, duplicateWindowMs: 1_200_000 })["infra/queues.json"],
    );
    expect(settings).toMatchObject({
      lockDuration: "PT30S",
      maxDeliveryCount: 7,
      duplicateDetectionHistoryTimeWindow: "PT20M",
      requiresDuplicateDetection: true,
      deadLetteringOnMessageExpiration: false,
    });
  });

  it("are mounted by docker-compose", () => {
    const compose = readFileSync(join(root, "infra/docker-compose.emulators.yaml"), "utf8");
    expect(compose).toContain("./emulators/servicebus.json:/ServiceBus_Emulator/ConfigFiles/Config.json:ro");
  });

  it.each([
    [1_000, "PT1S"],
    [60_000, "PT1M"],
    [90_000, "PT90S"],
    [3_600_000, "PT1H"],
    [172_800_000, "P2D"],
  ])("write %i ms as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
