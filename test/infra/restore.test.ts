import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const operations = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
const restore = operations.split("\n## Restore\n")[1]!.split("\n## ")[0]!;

describe("the way back to a time at which consent was another one", () => {
  it("closes every queue before the app is started, and opens them after consent was renewed", () => {
    const steps = ["functionapp stop", "queues ReceiveDisabled", "functionapp start", "/publish", "queues Active"];
    const places = steps.map((step) => restore.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(restore).toMatch(/for queue in \$\(az servicebus queue list[^\n]*\n[^\n]*az servicebus queue update[^\n]* --status "\$1"/);
  });

  it("switches no function off by a setting whose name the platform refuses: on Linux it may hold no hyphen", () => {
    expect([...operations.matchAll(/AzureWebJobs\.[^`]*\.Disabled/g)].map(([setting]) => setting)).toEqual([]);
  });
});
