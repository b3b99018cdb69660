import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registeredFunctions } from "../../scripts/check-infra/registered-functions.ts";
import { messagesInHand } from "../../shared/composition/queue-settings.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const bicep = read("infra/main.bicep");
const given = [...read("infra/main.bicepparam").matchAll(/^param (\w+) = .*readEnvironmentVariable\('(\w+)'(, '.*?')?\)/gm)].map(
  ([, parameter, variable, fallback]) => ({ parameter: parameter!, variable: variable!, isNeeded: fallback === undefined }),
);
const needed = given.filter(({ isNeeded }) => isNeeded).map(({ variable }) => variable);
const operations = read("docs/operations.md");
const section = (heading: string): string => operations.split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;

describe("an environment", () => {
  const kinds = readdirSync(join(root, "infra/environments"));

  it("is of one of two kinds", () => {
    expect(kinds).toEqual(["dev.env", "prod.env"]);
    expect(needed).toContain("CARREAU_PRODUCTION");
  });

  it.each(kinds)("of the kind %s says all that has no default, and nothing that nobody reads", (kind) => {
    const said = [...read(`infra/environments/${kind}`).matchAll(/^(\w+)=(\w+)$/gm)].map(([, variable]) => variable!);
    expect(said.sort()).toEqual([...needed].sort());
  });

  it("is for production in one of them only", () => {
    expect(read("infra/environments/dev.env")).toContain("CARREAU_PRODUCTION=false");
    expect(read("infra/environments/prod.env")).toContain("CARREAU_PRODUCTION=true");
  });

  it("takes all its values from where azd has them, each explained before the first deployment", () => {
    const deploy = section("Deploy");
    const fromAzd = ["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"];
    const lines = read("infra/main.bicepparam").match(/^param /gm);
    expect(given).toHaveLength(lines!.length);
    for (const { parameter, variable } of given.filter((one) => !fromAzd.includes(one.variable))) {
      expect(deploy).toMatch(new RegExp(`^\\| .*\`${variable}\`.* \\| .*\`${parameter}\`.* \\|`, "m"));
    }
    expect(deploy.indexOf("azd env set --file infra/environments/prod.env")).toBeLessThan(deploy.indexOf("\nazd up"));
    const set = [...operations.matchAll(/azd env set ((?:CARREAU|AZURE)_\w+)/g)].map(([, variable]) => variable!);
    expect(set.length).toBeGreaterThan(1);
    expect(set.filter((variable) => !given.some((one) => one.variable === variable))).toEqual([]);
  });

  it("says what the handbook's commands are about", () => {
    const [, names = ""] = /are the outputs ([\s\S]*?) of `azd env get-values`, and `\$BUS` is `SERVICEBUS_HOST`/.exec(operations) ?? [];
    const outputs = [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!);
    expect(outputs).toHaveLength(4);
    expect([...outputs, "SERVICEBUS_HOST"].filter((name) => !bicep.includes(`\noutput ${name} string`))).toEqual([]);
  });

  it("writes the lines that its alarms look for", () => {
    const [, levels = ""] = /@allowed\(\[ (.*) \]\)\nparam logLevel/.exec(bicep) ?? [];
    expect(levels).toBe("'debug', 'info', 'warn'");
  });
});

describe("the handbook's figures", () => {
  const { listeners, timers } = registeredFunctions();

  it("of always-ready instances are those of the functions that there are", () => {
    const idle = 2 + listeners.length;
    const inZones = 2 * (1 + listeners.length + timers.length);
    expect(section("Cost")).toContain(`each of the ${listeners.length} functions that empty a queue: ${idle} instances, $${21 * idle}.`);
    expect(section("Cost")).toContain(
      `the ${timers.length} timers included, whatever is configured: ${inZones} instances, $${21 * inZones}.`,
    );
  });

  it("of messages at a time is the one that hosts and limits have", () => {
    expect(section("Scale")).toContain(`\`maxConcurrentCalls\` in \`azure/host.json\`, ${messagesInHand} |`);
  });
});
