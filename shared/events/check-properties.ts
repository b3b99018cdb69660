import type { FieldError } from "../problems/validate.ts";
import { eventLimits } from "./event.ts";

/** What is wrong with an event's properties, if anything (`base` points to them): too deep, too many, or a value that JSON can't say back. */
export function checkProperties(properties: unknown, base: string): FieldError | undefined {
  let count = 0;
  const visit = (value: unknown, pointer: string, depth: number): FieldError | undefined => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { pointer, detail: "the number is too large" };
    }
    if (typeof value !== "object" || value === null) {
      return undefined;
    }
    if (depth > eventLimits.propertyDepth) {
      return { pointer, detail: `at most ${eventLimits.propertyDepth} levels deep` };
    }
    for (const name of Object.keys(value)) {
      const at = `${pointer}/${name.slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`;
      // Setting it on an ordinary object would change the object's prototype instead.
      if (name === "__proto__") {
        return { pointer: at, detail: "this name is not allowed" };
      }
      if (++count > eventLimits.propertyCount) {
        return { pointer: base, detail: `at most ${eventLimits.propertyCount} values, counted at every depth` };
      }
      const wrong = visit((value as Record<string, unknown>)[name], at, depth + 1);
      if (wrong !== undefined) {
        return wrong;
      }
    }
    return undefined;
  };
  return visit(properties, base, 1);
}
