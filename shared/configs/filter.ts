import { z } from "zod";
import type { EventContent } from "../events/event.ts";

/** An event's name, or its beginning with a `*` at the end. */
const namePattern = z
  .string()
  .min(1)
  .max(200)
  .refine((pattern) => !pattern.slice(0, -1).includes("*"), "a `*` stands only at the end");

const property = z.string().min(1).max(200).describe("A top-level property of the event.");
const operand = z.union([z.string().max(1000), z.number(), z.boolean()]);

/** One condition on a property. A property that is not there fulfils none but `not_exists` and `not_equals`. */
const condition = z.discriminatedUnion("op", [
  z.strictObject({ property, op: z.enum(["equals", "not_equals"]), value: operand }),
  z.strictObject({ property, op: z.literal("contains"), value: z.string().min(1).max(1000) }),
  z.strictObject({ property, op: z.enum(["gt", "gte", "lt", "lte"]), value: z.number() }),
  z.strictObject({ property, op: z.enum(["exists", "not_exists"]) }),
]);
type Condition = z.infer<typeof condition>;

/** Which events a config wants (spec 5.9): named by `include_events` (all when absent), not by `exclude_events`, fulfilling every condition. */
export const filterSchema = z.strictObject({
  include_events: z.array(namePattern).min(1).max(100).optional(),
  exclude_events: z.array(namePattern).max(100).optional(),
  conditions: z.array(condition).max(20).optional(),
});
export type Filter = z.infer<typeof filterSchema>;

/** The rule that keeps an event out, in words for its tenant; `undefined` when the filter lets it pass. */
export function filteredBy(filter: Filter, { event_name, event_properties = {} }: EventContent): string | undefined {
  const { include_events, exclude_events = [], conditions = [] } = filter;
  if (include_events !== undefined && !include_events.some((pattern) => isNamed(event_name, pattern))) {
    return "include_events does not name it";
  }
  const excluding = exclude_events.find((pattern) => isNamed(event_name, pattern));
  if (excluding !== undefined) {
    return `exclude_events has ${excluding}`;
  }
  const broken = conditions.findIndex(
    (one) => !isFulfilled(one, Object.hasOwn(event_properties, one.property) ? event_properties[one.property] : undefined),
  );
  return broken === -1 ? undefined : `conditions/${broken} is not fulfilled`;
}

const isNamed = (name: string, pattern: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function isFulfilled(condition: Condition, value: unknown): boolean {
  switch (condition.op) {
    case "exists":
      return value !== undefined && value !== null;
    case "not_exists":
      return value === undefined || value === null;
    case "equals":
      return value === condition.value;
    case "not_equals":
      return value !== condition.value;
    case "contains":
      return typeof value === "string" && value.includes(condition.value);
    default:
      return typeof value === "number" && isCompared(value, condition.op, condition.value);
  }
}

function isCompared(value: number, op: "gt" | "gte" | "lt" | "lte", bound: number): boolean {
  return op === "gt" ? value > bound : op === "gte" ? value >= bound : op === "lt" ? value < bound : value <= bound;
}
