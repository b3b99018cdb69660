import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { containers } from "../shared/ports/containers.ts";
import { problems } from "../shared/problems/catalogue.ts";
import { providers } from "../shared/providers/registry.ts";

const root = join(import.meta.dirname, "..");

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

function filesUnder(folder: string, extension: RegExp): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules"))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));
}

const product = [...filesUnder("functions", /\.(ts|html)$/), ...filesUnder("shared", /\.(ts|json)$/)];
const everything = [...product, ...["demo", "test", "bench", "scripts"].flatMap((folder) => filesUnder(folder, /\.(ts|mjs)$/))];
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the repository keeps its own rules", () => {
  it.each(providers.map(({ slug }) => slug))("names %s only in its folder and the registry", (slug) => {
    const elsewhere = product.filter(
      ({ path }) => !path.startsWith(`shared/providers/${slug}/`) && path !== "shared/providers/registry.ts",
    );
    // What a package is called is not ours to choose.
    const ours = elsewhere.map(({ path, text }) => ({ path, text: text.replace(/ from "@[^"]+"/g, "") }));
    const naming = ours.filter(({ text }) => new RegExp(`\\b${slug}\\b`, "i").test(text)).map(({ path }) => path);
    expect(naming).toEqual([]);
  });

  it("has a page for every problem, a problem for every page, and throws each", () => {
    const pages = readdirSync(join(root, "docs/problems")).map((name) => name.replace(/\.md$/, ""));
    expect(pages.sort()).toEqual(Object.keys(problems).sort());
    const throwing = product.filter(({ path }) => path !== "shared/problems/catalogue.ts").map(({ text }) => text);
    const unused = Object.keys(problems).filter((code) => !throwing.some((text) => text.includes(`"${code}"`)));
    expect(unused).toEqual([]);
  });

  it("documents every environment variable that it reads, and no other", () => {
    const config = filesUnder("shared/config", /\.ts$/).map(({ text }) => text);
    const read = config.flatMap((text) => [...text.matchAll(/^ {2}([A-Z][A-Z_]+(?:__\w+)?):/gm)].map(([, name]) => name!));
    const documented = [...readme.matchAll(/^\| `([A-Z][A-Z_]+(?:__\w+)?)` \|/gm)].map(([, name]) => name!);
    expect(read.length).toBeGreaterThan(5);
    expect(documented.sort()).toEqual([...new Set(read)].sort());
  });

  it("has no file of more than 300 lines", () => {
    const long = everything.filter(({ text }) => text.split("\n").length > 301).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it("says what every exported function does", () => {
    const silent = product.flatMap(({ path, text }) => {
      const exported = [
        ...text.matchAll(
          /(?<before>[^\n]*)\n(?:export (?:async )?function\*? (?<name>\w+)|export const (?<arrow>\w+)(?:: [^=\n]+)? =\s*(?:async )?(?:<[^\n]*>)?\()/g,
        ),
      ];
      return exported
        .filter(({ groups }) => !groups?.["before"]?.trim().endsWith("*/"))
        .map(({ groups }) => `${path}: ${groups?.["name"] ?? groups?.["arrow"]}`);
    });
    expect(silent).toEqual([]);
  });

  it("runs every test, and none waits for time to pass", () => {
    const tests = everything.filter(({ path }) => path.endsWith(".test.ts") || path.startsWith("test/contracts/"));
    const skipping = tests.filter(({ text }) => /\b(?:it|test|describe)\.(?:skip|only|todo|skipIf|runIf)\b/.test(text));
    expect(skipping.map(({ path }) => path)).toEqual([]);
    // Only the clock of the machine can't be proved without it.
    const others = tests.filter(({ path }) => path !== "test/shared/adapters/common/system-clock.test.ts");
    const waiting = others.filter(({ text }) => /\bset(?:Timeout|Interval)\(\s*resolve\b|timers\/promises/.test(text));
    expect(waiting.map(({ path }) => path)).toEqual([]);
  });

  it("installs exact versions only", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  it("keeps personal data out of log calls by their field names", () => {
    const calls = product.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:log|context)\.(?:info|warn|error)\(\{[^}]*\}/g)].map(([call]) => ({ path, call })),
    );
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.filter(({ call }) => /\b(?:client_ip|ip|user_agent|user_id|anonymous_id|visitor_id|page_url)\b/.test(call))).toEqual([]);
  });

  it("names containers as they are defined", () => {
    const named = product.flatMap(({ text }) => [
      ...text.matchAll(/store\.(?:get|create|replace|upsert|patch|query)(?:<\w+>)?\(\s*"([\w-]+)"/g),
    ]);
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([, name]) => name!).filter((name) => !(name in containers))).toEqual([]);
  });
});
