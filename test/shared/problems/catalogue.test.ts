import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ProblemCode, problems, problemType } from "../../../shared/problems/catalogue.ts";

const pages = new URL("../../../docs/problems/", import.meta.url);
const codes = Object.keys(problems) as ProblemCode[];

describe("the problem catalogue", () => {
  it("has a page for every code, and a code for every page", () => {
    expect(readdirSync(pages).sort()).toEqual(codes.map((code) => `${code}.md`).sort());
  });

  it.each(codes)("%s: its page has its title, status and retry, says what it means and what to do", (code) => {
    const { title, status, retry } = problems[code];

    const page = readFileSync(new URL(`${code}.md`, pages), "utf8");

    const heading = `# ${title}\n\n\`${code}\`, status ${status}. Trying the same request again ${retry ? "may help" : "does not help"}.\n`;
    expect(page.startsWith(heading)).toBe(true);
    expect(page).toMatch(/\n## What it means\n\n\S.+\n\n## What to do\n\n\S.+\n$/);
  });

  it("names codes in kebab-case, and gives each an error status", () => {
    for (const code of codes) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(problems[code].status).toBeGreaterThanOrEqual(400);
      expect(problems[code].status).toBeLessThan(600);
    }
  });

  it("has no two codes of one title", () => {
    expect(new Set(codes.map((code) => problems[code].title)).size).toBe(codes.length);
  });

  it("gives the type as a path of the gateway", () => {
    expect(problemType("not-found")).toBe("/problems/not-found");
  });
});
