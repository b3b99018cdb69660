import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { instruments } from "../shared/ports/instruments.ts";

const root = join(import.meta.dirname, "..");
const notOurs = /(?:^|\/)(?:node_modules|dist|coverage|\.[^/]+)(?:\/|$)/;

interface TextFile {
  readonly path: string;
  readonly text: string;
}

function filesUnder(folder: string, extension: string): TextFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => relative(root, join(root, folder, name)))
    .filter((path) => path.endsWith(extension) && !notOurs.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

const pages = filesUnder(".", ".md");
const page = (path: string): string => pages.find((one) => one.path === path)?.text ?? "";
/** The part of a page under one heading, up to the next of the same level. */
const section = (path: string, heading: string): string => page(path).split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
/** What the first column of its tables holds. */
const firstCells = (text: string): string[] => [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!);

/** GitHub's anchors: lower case, without punctuation, hyphens for spaces. */
const anchorsOf = (text: string): string[] =>
  [...withoutBlocks(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) =>
    heading!
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
/** Without blocks of code, where `#` begins no heading. */
const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "");
/** Without any code, where brackets make no link. */
const withoutCode = (text: string): string => withoutBlocks(text).replace(/`[^`\n]*`/g, "");

describe("the documentation", () => {
  it("leads somewhere with every link within the repository", () => {
    const links = pages.flatMap(({ path, text }) =>
      [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ path, target: target! })),
    );
    const local = links.filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target));
    expect(local.length).toBeGreaterThan(5);
    const leadsNowhere = local.filter(({ path, target }) => {
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : relative(root, join(root, dirname(path), decodeURIComponent(file)));
      return !existsSync(join(root, found)) || (anchor !== undefined && !anchorsOf(page(found)).includes(anchor));
    });
    expect(leadsNowhere).toEqual([]);
  });

  it("explains every log event that the code writes, and no other", () => {
    const sources = ["shared", "functions"].flatMap((folder) => filesUnder(folder, ".ts"));
    const written = new Set(sources.flatMap(({ text }) => [...text.matchAll(/\bevent: "([\w-]+)"/g)].map(([, name]) => name!)));
    expect(written.size).toBeGreaterThan(10);
    expect(firstCells(section("docs/operations.md", "Read the logs")).sort()).toEqual([...written].sort());
    const cells = [...section("docs/observability.md", "Log lines").matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell]) => cell!);
    const described = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)).filter((name) => name !== "event");
    expect(described.sort()).toEqual([...written].sort());
    const nameless = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\.(?:info|warn|error)\(\{(?!\s*(?:event: "|\.\.\.fields\b))[^\n]*/g)].map(([call]) => ({ path, call })),
    );
    expect(nameless).toEqual([]);
  });

  it("explains every number that is kept, and no other", () => {
    const named = [...section("docs/observability.md", "Numbers").matchAll(/^\| (`carreau_[^|]*) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    );
    expect(named.sort()).toEqual(
      Object.keys(instruments)
        .filter((name) => !name.startsWith("process_"))
        .sort(),
    );
  });

  it("explains every alarm that is set up", () => {
    const source = readFileSync(join(root, "infra/modules/alerts.bicep"), "utf8");
    const set = new Set([...source.matchAll(/^ +name: '([a-z]+(?:-[a-z]+)+)(?:-\$\{token\})?'$/gm)].map(([, name]) => name!));
    expect(set.size).toBeGreaterThan(5);
    expect(firstCells(section("docs/operations.md", "Alarms"))).toEqual(expect.arrayContaining([...set]));
  });

  it("explains every field of the answer about readiness", () => {
    const source = readFileSync(join(root, "shared/delivery/check-readiness.ts"), "utf8");
    const [, fields = ""] = /export interface Readiness \{([\s\S]*?)\n\}/.exec(source) ?? [];
    const named = [...fields.matchAll(/readonly (\w+):/g)].map(([, name]) => name!);
    expect(named).toContain("ready");
    expect(firstCells(section("docs/operations.md", "Health"))).toEqual(named);
  });

  it("names for security only tests that there are, and one or more, or what is missing, for each of the ten risks", () => {
    const text = page("docs/security.md");
    const named = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !path.endsWith(".ts") || !existsSync(join(root, path)))).toEqual([]);
    const risks = [...text.matchAll(/^\| API(\d+):2023 .*$/gm)];
    expect(risks.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(risks.filter(([row]) => !/`test\/|\*\*missing\*\*/i.test(row))).toEqual([]);
  });

  it("names only npm scripts and files that there are, in its handbooks", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const texts = ["README.md", "docs/operations.md", "docs/azure.md", "docs/security.md"].map(page);
    const started = texts.flatMap((text) => [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!));
    expect(started.length).toBeGreaterThan(3);
    expect(started.filter((name) => !(name in scripts))).toEqual([]);
    const paths = texts.flatMap((text) =>
      [...text.matchAll(/`((?:shared|functions|bench|azure|infra)\/[\w./-]+\.\w+)`/g)].map(([, path]) => path!),
    );
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
