import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const sources = ["shared", "functions"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, folder, name), "utf8")),
);

interface Alarm {
  readonly name: string;
  readonly query: string;
  readonly enabled: string;
}
const bicep = readFileSync(join(root, "infra/modules/alerts.bicep"), "utf8");
const alarms: readonly Alarm[] = [
  ...bicep.matchAll(/^ {4}name: '(?<name>[a-z-]+)'\n[\s\S]*?^ {4}query: '(?<query>.*)'\n[\s\S]*?^ {4}enabled: (?<enabled>\w+)$/gm),
].map(({ groups }) => groups as unknown as Alarm);

const eventsOf = ({ query }: Alarm): string[] =>
  [...query.matchAll(/\bevent (?:==|in) (\([^)]*\)|"\w+")/g)].flatMap(([, list]) =>
    [...list!.matchAll(/"(\w+)"/g)].map(([, name]) => name!),
  );
/** The least important level at which the code writes an event. */
const levelOf = (event: string): string[] =>
  sources.flatMap((text) =>
    [...text.matchAll(new RegExp(`\\.(info|warn|error)\\(\\{\\s*event: "${event}"`, "g"))].map(([, level]) => level!),
  );
/** All of one statement that writes an event, with what is spread into it left out. */
const fieldsOf = (event: string): string =>
  sources
    .flatMap((text) => [...text.matchAll(new RegExp(`event: "${event}",?([^}]*(?:\\{[^}]*\\}[^}]*)*)`, "g"))].map(([, rest]) => rest!))
    .join();

describe("the alarms on log lines", () => {
  it("are found here, each with lines that it looks for", () => {
    expect(alarms.length).toBe(bicep.match(/^ {4}query: /gm)?.length);
    expect(alarms.length).toBeGreaterThan(7);
    expect(alarms.filter((alarm) => eventsOf(alarm).length === 0)).toEqual([]);
  });

  it("look for events that the code writes", () => {
    const written = new Set(sources.flatMap((text) => [...text.matchAll(/\bevent: "(\w+)"/g)].map(([, name]) => name!)));
    expect(alarms.flatMap(eventsOf).filter((event) => !written.has(event))).toEqual([]);
  });

  it.each(alarms.map((alarm) => [alarm.name, alarm] as const))("%s: looks at fields that its events have", (_, alarm) => {
    const fields = [...alarm.query.matchAll(/\bline\.(\w+)/g)].map(([, name]) => name!).filter((name) => name !== "event");
    // The delay in the queue is added to every line about a message.
    const addedLater = { queue_delay_ms: readFileSync(join(root, "shared/delivery/watch-message.ts"), "utf8") } as Record<string, string>;
    for (const field of fields) {
      const where = addedLater[field] ?? eventsOf(alarm).map(fieldsOf).join();
      expect(where).toMatch(new RegExp(`\\b${field}\\b`));
    }
  });

  it("are off where lines of the level info are, if they need these", () => {
    for (const alarm of alarms) {
      // A request that fails is written as an error.
      const needsInfo = eventsOf(alarm).some((event) => event !== "request" && levelOf(event).includes("info"));
      expect([alarm.name, alarm.enabled]).toEqual([alarm.name, needsInfo ? "infoIsLogged" : "true"]);
    }
  });
});
