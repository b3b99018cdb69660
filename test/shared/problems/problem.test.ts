import { describe, expect, it } from "vitest";
import { Problem } from "../../../shared/problems/problem.ts";

describe("Problem", () => {
  it("is an error with code, detail, extensions and cause", () => {
    const cause = new Error("disk");

    const problem = new Problem("body-invalid", "name is missing", { cause, extensions: { pointer: "/name" } });

    expect(problem).toBeInstanceOf(Error);
    expect(problem).toMatchObject({
      name: "Problem",
      code: "body-invalid",
      detail: "name is missing",
      extensions: { pointer: "/name" },
      cause,
    });
    expect(problem.message).toBe("name is missing");
  });

  it("says its title where there is no detail, and has no cause that was not given", () => {
    const problem = new Problem("not-found");

    expect(problem.message).toBe("There is nothing here");
    expect(problem.detail).toBeUndefined();
    expect(Object.hasOwn(problem, "cause")).toBe(false);
  });
});
