import { type Report, under } from "../adjustments.ts";
import { fixName } from "./names.ts";
import { isAbsent, scalarOf } from "./values.ts";

/** Measurement Protocol reference, limitations. */
const propertiesMax = 25;
const charsMax = 36;

export type UserProperties = Readonly<Record<string, { readonly value: string | number }>>;

/** The traits of a user, as far as they fit. */
export function userPropertiesOf(traits: Readonly<Record<string, unknown>>, report: Report): UserProperties {
  const reportTrait = under(report, "event_properties");
  const properties = new Map<string, { value: string | number }>();
  for (const [name, trait] of Object.entries(traits).filter(([, value]) => !isAbsent(value))) {
    const fixed = fixName(name, "userProperty");
    if (properties.has(fixed) || properties.size === propertiesMax) {
      reportTrait([name], "dropped", properties.has(fixed) ? `${fixed} is there already` : `only ${propertiesMax} are taken`);
      continue;
    }
    const value = scalarOf(trait, charsMax, name, reportTrait);
    if (value !== undefined) {
      if (fixed !== name) {
        reportTrait([name], "renamed", fixed);
      }
      properties.set(fixed, { value });
    }
  }
  return Object.fromEntries(properties);
}
