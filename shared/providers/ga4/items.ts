import { type Report, under } from "../adjustments.ts";
import { fixName } from "./names.ts";
import { idText, isAbsent, numberOf, scalarOf } from "./values.ts";

export type Item = Readonly<Record<string, string | number>>;

/** Measurement Protocol reference, e-commerce. */
const itemsMax = 200;
const extrasMax = 10;
const charsMax = 100;
const numbers = new Set(["discount", "index", "price", "quantity"]);
const texts = new Set([
  ..."affiliation coupon item_id item_name item_brand item_category item_category2 item_category3 item_category4 item_category5".split(" "),
  ..."item_list_id item_list_name item_variant location_id".split(" "),
]);

/** The items of an event, or `undefined` when there is none that GA4 would take. */
export function itemsOf(value: unknown, report: Report): Item[] | undefined {
  if (!Array.isArray(value)) {
    report([], "dropped", "not a list");
    return undefined;
  }
  const items: Item[] = [];
  for (const [at, given] of value.entries()) {
    const reportItem = under(report, String(at));
    const item = items.length < itemsMax ? itemOf(given, reportItem) : undefined;
    if (item === undefined) {
      reportItem([], "dropped", items.length < itemsMax ? "an item needs item_id or item_name" : `only ${itemsMax} items are taken`);
    } else {
      items.push(item);
    }
  }
  return items.length === 0 ? undefined : items;
}

function itemOf(given: unknown, report: Report): Item | undefined {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return undefined;
  }
  const item = new Map<string, string | number>();
  let extras = 0;
  for (const [name, value] of Object.entries(given)) {
    if (isAbsent(value)) {
      continue;
    }
    const fixed = fixName(name, "param");
    const isExtra = !numbers.has(fixed) && !texts.has(fixed);
    if (item.has(fixed) || (isExtra && extras === extrasMax)) {
      report([name], "dropped", item.has(fixed) ? `${fixed} is there already` : `only ${extrasMax} parameters of one's own are taken`);
      continue;
    }
    const sent = itemValue(fixed, value, name, report);
    if (sent === undefined) {
      continue;
    }
    if (fixed !== name) {
      report([name], "renamed", fixed);
    }
    item.set(fixed, sent);
    extras += isExtra ? 1 : 0;
  }
  return item.has("item_id") || item.has("item_name") ? Object.fromEntries(item) : undefined;
}

function itemValue(fixed: string, value: unknown, name: string, report: Report): string | number | undefined {
  if (!numbers.has(fixed) && fixed !== "item_id") {
    const scalar = scalarOf(value, charsMax, name, report);
    return texts.has(fixed) && scalar !== undefined ? String(scalar) : scalar;
  }
  const sent = fixed === "item_id" ? idText(value, charsMax) : numberOf(value);
  if (sent === undefined) {
    report([name], "dropped", fixed === "item_id" ? "not an id" : "not a number");
  }
  return sent;
}
