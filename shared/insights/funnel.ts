import { z } from "zod";
import { dateTime } from "../problems/date-time.ts";

const property = z.string().min(1).max(200).describe("The property's name where the provider keeps it.");
const condition = z.discriminatedUnion("op", [
  z.strictObject({ property, op: z.enum(["eq", "neq"]), value: z.union([z.string().max(1000), z.number(), z.boolean()]) }),
  z.strictObject({ property, op: z.literal("contains"), value: z.string().min(1).max(1000) }),
  z.strictObject({ property, op: z.enum(["gt", "lt"]), value: z.number() }),
  z.strictObject({ property, op: z.literal("is_set") }),
]);

const step = z.strictObject({
  event: z.string().min(1).max(200).describe("An event's name as it is posted here."),
  name: z.string().min(1).max(200).optional().describe("What the step is called in the answer; the event's name by default."),
  properties: z.array(condition).max(20).optional().describe("Conditions that all must hold."),
});

/** Answers are read up to 64 KB, where every step of every value takes some 400 bytes. */
const cellsMax = 100;

/** A question for a funnel. */
export const funnelRequest = z
  .strictObject({
    steps: z.array(step).min(2).max(20),
    window: z
      .strictObject({ amount: z.int().min(1).max(1000), unit: z.enum(["minute", "hour", "day", "week"]) })
      .describe("The time a visitor has from the first step to the last."),
    from: dateTime,
    to: dateTime,
    order: z
      .enum(["ordered", "unordered", "strict"])
      .default("ordered")
      .describe("`strict`: nothing else in between. `unordered`: a step's count is of visitors who did as many of the steps, whichever."),
    breakdown: z
      .strictObject({ property, limit: z.int().min(1).max(50).default(10).describe("The most frequent values; the rest is `Other`.") })
      .optional()
      .describe("A funnel per value of a property of the events."),
    config_id: z.string().min(1).max(64).optional().describe("Which config, where several could answer."),
  })
  .superRefine(({ steps, from, to, breakdown }, context) => {
    if (Date.parse(from) >= Date.parse(to)) {
      context.addIssue({ code: "custom", path: ["to"], message: "not after from" });
    }
    if (breakdown !== undefined && steps.length * breakdown.limit > cellsMax) {
      context.addIssue({ code: "custom", path: ["breakdown", "limit"], message: `more than ${cellsMax} steps and values multiplied` });
    }
  });
export type FunnelRequest = z.infer<typeof funnelRequest>;

/** One step of a funnel's answer. Conversions are from 0 to 1, and `null` where nobody could convert or nothing comes before. */
export interface FunnelStep {
  readonly name: string;
  readonly event: string;
  readonly count: number;
  readonly conversion_from_start: number | null;
  readonly conversion_from_previous: number | null;
  /** Seconds from the step before. */
  readonly average_seconds: number | null;
  readonly median_seconds: number | null;
}

/** A funnel, whoever computed it. `value` is `null` for visitors without the property, and where there is no breakdown. */
export interface Funnel {
  readonly from: string;
  readonly to: string;
  readonly window: FunnelRequest["window"];
  readonly breakdowns: readonly { readonly value: string | null; readonly steps: readonly FunnelStep[] }[];
  readonly computed_at?: string;
}
