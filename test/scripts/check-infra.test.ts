import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Parser } from "web-tree-sitter";
import { openParser } from "../../scripts/check-infra/bicep-file.ts";
import { checkInfra } from "../../scripts/check-infra/check-infra.ts";
import { type RegisteredFunctions, registeredFunctions } from "../../scripts/check-infra/registered-functions.ts";
import { infraFiles } from "../../scripts/infra-files.ts";
import { queueSettings } from "../../shared/composition/queue-settings.ts";
import { providers } from "../../shared/providers/registry.ts";
import { agreementMistakes } from "../support/infra-agreement-mistakes.ts";
import { compileMistakes } from "../support/infra-compile-mistakes.ts";
import type { Mistake } from "../support/infra-mistake.ts";
import { referenceMistakes } from "../support/infra-reference-mistakes.ts";
import { securityMistakes } from "../support/infra-security-mistakes.ts";
import { wiringMistakes } from "../support/infra-wiring-mistakes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
/** All that the check reads of the tree. */
const read = ["azure.yaml", "infra", "shared/config/azure-config.ts", "shared/config/settings.ts", "shared/ports/containers.json"];
const registered = registeredFunctions();
/** The functions of a gateway that has one provider more. */
const withOneMore: RegisteredFunctions = {
  ...registered,
  listeners: [...registered.listeners, { name: "dispatch-made-up", queue: "dispatch-made-up", connection: "SERVICEBUS_CONNECTION" }],
};
let parser: Parser;

beforeAll(async () => {
  parser = await openParser();
});

const findingsIn = (folder: string, functions = registered): string[] =>
  checkInfra(parser, folder, functions).findings.map(({ file, message }) => `${file}: ${message}`);

/** A copy of what the check reads, with changes. */
function treeWith(...changes: readonly Pick<Mistake, "file" | "from" | "to">[]): string {
  const folder = temporaryFolder();
  for (const path of read) cpSync(join(root, path), join(folder, path), { recursive: true });
  for (const { file, from, to } of changes) {
    const before = readFileSync(join(folder, file), "utf8");
    expect(before, `${file} no longer has what is to be changed`).toContain(from);
    writeFileSync(
      join(folder, file),
      before.replace(from, () => to),
    );
  }
  return folder;
}

describe("check:infra", () => {
  it("finds nothing wrong with the infrastructure as it is", () => {
    const { findings, files, resources, settings } = checkInfra(parser, root, registered);
    expect(findings).toEqual([]);
    // It did look: every module, several resources in each, every setting of the schema.
    expect(files).toBeGreaterThan(10);
    expect(resources).toBeGreaterThan(30);
    expect(settings).toBeGreaterThan(10);
  });

  describe("finds, and finds nothing else, when there is", () => {
    it.each([...compileMistakes, ...agreementMistakes, ...securityMistakes])("$title", (mistake) => {
      expect(findingsIn(treeWith(mistake))).toEqual(mistake.findings);
    });
  });

  describe.each([wiringMistakes, ...referenceMistakes].map((planted) => ({ planted })))(
    "finds, planted together, and nothing else",
    ({ planted }) => {
      let found: string[] | undefined;

      it.each(planted)("$title", ({ findings }) => {
        found ??= findingsIn(treeWith(...planted));
        expect(found).toEqual(expect.arrayContaining([...findings]));
        expect(found.toSorted()).toEqual(planted.flatMap((one) => one.findings).toSorted());
      });
    },
  );

  it("no longer takes for the gateway's identity what is only named like it", () => {
    const given = "principalId string = identity.properties.principalId";
    const other = "principalId string = identity.properties.clientId";
    const found = findingsIn(treeWith({ file: "infra/modules/identity.bicep", from: given, to: other }));
    expect(found.filter((one) => one.includes("the gateway's identity lacks the role"))).toHaveLength(6);
    expect(found).toContain("infra/modules/redis.bicep: the policy is not for the gateway's identity");
  });

  it("says in which line a finding is", () => {
    const folder = treeWith({ file: "infra/modules/app.bicep", from: "httpsOnly: true", to: "httpsOnly: false" });
    const lines = readFileSync(join(folder, "infra/modules/app.bicep"), "utf8").split("\n");
    const [finding] = checkInfra(parser, folder, registered).findings;
    expect(lines[finding!.line - 1]).toContain("httpsOnly: false");
  });

  it("follows a value from a file of parameters through the modules", () => {
    const opened = { file: "infra/modules/app.bicep", from: "httpsOnly: true", to: "httpsOnly: rollingUpdate" };
    const closedAtFirst = {
      file: "infra/main.bicep",
      from: "param rollingUpdate bool = production",
      to: "param rollingUpdate bool = true",
    };
    const harmless = treeWith(opened, closedAtFirst);
    const given = { file: "infra/main.bicepparam", from: "param alertEmail =", to: "param rollingUpdate = false\nparam alertEmail =" };
    const harmful = treeWith(opened, closedAtFirst, given);

    expect(findingsIn(harmless)).toEqual([]);
    expect(findingsIn(harmful)).toEqual(["infra/modules/app.bicep: properties.httpsOnly must be true, not rollingUpdate"]);
  });

  it("misses the queue of a provider that is in the registry only", () => {
    expect(findingsIn(root, withOneMore)).toEqual([
      "infra/modules/app.bicep: function dispatch-made-up empties a queue and has no always-ready instances",
      "infra/modules/servicebus.bicep: no queue 'dispatch-made-up', which the code uses",
    ]);
  });

  it("is content with a provider more once its files are generated: no Bicep is edited", () => {
    const folder = treeWith();
    for (const [path, content] of Object.entries(infraFiles([...providers, { slug: "made-up" }], queueSettings))) {
      writeFileSync(join(folder, path), content);
    }
    expect(findingsIn(folder, withOneMore)).toEqual([]);
  });

  it("misses the settings of a connection that a function names", () => {
    const elsewhere = { name: "dispatch-made-up", queue: "events", connection: "OTHER_BUS" };
    const functions = { ...registered, listeners: [...registered.listeners, elsewhere] };
    expect(findingsIn(root, functions)).toEqual(
      expect.arrayContaining(
        ["__fullyQualifiedNamespace", "__credential", "__clientId"].map(
          (suffix) => `infra/modules/app.bicep: setting OTHER_BUS${suffix} is not set: the host needs it for a queue`,
        ),
      ),
    );
  });
});
