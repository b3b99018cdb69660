import { type FieldError, pointerTo } from "../problems/validate.ts";
import { eventLimits } from "./event.ts";

/** What is wrong with an event's properties, if anything (`base` points to them): too deep, too many, or a value that JSON can't say back. */
export function checkProperties(properties: object, base: string): FieldError | undefined {
  let count = 0;
  /** The pointer is made on the way back from what is wrong: mostly nothing is. */
  const visit = (value: unknown, depth: number): FieldError | undefined => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { pointer: "", detail: "the number is too large" };
    }
    if (typeof value !== "object" || value === null) {
      return undefined;
    }
    if (depth > eventLimits.propertyDepth) {
      return { pointer: "", detail: `at most ${eventLimits.propertyDepth} levels deep` };
    }
    for (const name of Object.keys(value)) {
      count++;
      // Setting `__proto__` on an ordinary object would change the object's prototype instead.
      const wrong =
        name === "__proto__"
          ? { pointer: "", detail: "this name is not allowed" }
          : visit((value as Record<string, unknown>)[name], depth + 1);
      if (wrong !== undefined) {
        return { pointer: pointerTo(name) + wrong.pointer, detail: wrong.detail };
      }
    }
    return undefined;
  };
  const wrong = visit(properties, 1);
  if (wrong !== undefined) {
    return { pointer: base + wrong.pointer, detail: wrong.detail };
  }
  return count > eventLimits.propertyCount
    ? { pointer: base, detail: `at most ${eventLimits.propertyCount} values, counted at every depth` }
    : undefined;
}
