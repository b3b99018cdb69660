import { invalid, pointerTo } from "../problems/validate.ts";

/** No document of ours is as deep, and a patch of ten thousand levels would use up the stack. */
const depthMax = 8;

/** Applies a JSON merge patch (RFC 7396, section 2). Throws `body-invalid` for a patch of more than 8 levels. */
export function mergePatch(target: unknown, patch: unknown, pointer = "", depth = 0): unknown {
  if (!isObject(patch)) {
    return patch;
  }
  if (depth === depthMax) {
    throw invalid("body-invalid", [{ pointer, detail: `at most ${depthMax} levels deep` }]);
  }
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(name);
    } else {
      merged.set(name, mergePatch(merged.get(name), value, pointer + pointerTo(name), depth + 1));
    }
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
