import { createHash } from "node:crypto";
import type { DeliverableEvent } from "../../events/event.ts";
import type { Report } from "../adjustments.ts";
import type { Settings } from "./settings.ts";
import { type Action, decimal, shortText, textOf } from "./values.ts";

/** `idorder`; an order counts once per website, under this id. */
const orderIdCharsMax = 100;
/** All items together: `log_conversion.items` is a SMALLINT UNSIGNED. */
const piecesMax = 65_535;

/** Amounts of an order that properties may say, and what they are called there. */
const amounts = { subtotal: "ec_st", tax: "ec_tx", shipping: "ec_sh", discount: "ec_dt" } as const;

/** Revenue that may be sent: in the website's currency, as far as it is known. There is no conversion. */
export function revenueOf({ revenue }: DeliverableEvent, { currency }: Settings, report: Report): number | undefined {
  if (revenue !== undefined && currency !== undefined && revenue.currency !== currency) {
    report(["revenue"], "dropped", `not in ${currency}, the website's currency`);
    return undefined;
  }
  return revenue?.amount;
}

/** An order, or `undefined` when the event is none: an order has revenue, not less than nothing, and an id. */
export function order(event: DeliverableEvent, settings: Settings, report: Report): Action | undefined {
  const properties = event.event_properties ?? {};
  const revenue = revenueOf(event, settings, () => undefined);
  const idName = ["order_id", "transaction_id"].find((name) => textOf(properties[name]) !== undefined);
  if (!settings.enable_ecommerce || revenue === undefined || revenue < 0 || idName === undefined) {
    return undefined;
  }
  const items = itemsOf(properties["items"], report);
  const said = Object.entries(amounts).filter(([name]) => decimal(properties[name]) !== undefined);
  const params = {
    idgoal: "0",
    ec_id: orderId(textOf(properties[idName]) ?? ""),
    revenue: decimal(revenue),
    ...Object.fromEntries(said.map(([name, parameter]) => [parameter, decimal(properties[name])])),
    ec_items: items.length === 0 ? undefined : JSON.stringify(items),
  };
  const used = [idName, ...said.map(([name]) => name), ...(Array.isArray(properties["items"]) ? ["items"] : [])];
  return { params, used };
}

/** A longer id becomes its hash, since two long ids may begin alike. */
const orderId = (id: string): string => (id.length <= orderIdCharsMax ? id : createHash("sha256").update(id).digest("hex"));

type Item = readonly [sku: string, name: string, category: string, price: number, quantity: number];

function itemsOf(given: unknown, report: Report): Item[] {
  const items: Item[] = [];
  let pieces = 0;
  for (const [at, one] of (Array.isArray(given) ? (given as unknown[]) : []).entries()) {
    const path = ["event_properties", "items", String(at)];
    const item = itemOf(one, path, report);
    if (item === undefined || pieces + item[4] > piecesMax) {
      report(path, "dropped", item === undefined ? "an item needs item_id or sku" : `more than ${piecesMax} pieces`);
      continue;
    }
    pieces += item[4];
    items.push(item);
  }
  return items;
}

function itemOf(given: unknown, path: readonly string[], report: Report): Item | undefined {
  if (typeof given !== "object" || given === null) {
    return undefined;
  }
  const said = given as Readonly<Record<string, unknown>>;
  const text = (...names: string[]) =>
    names.map((name) => shortText(said[name], [...path, name], report)).find((value) => value !== undefined);
  const sku = text("item_id", "sku");
  if (sku === undefined) {
    return undefined;
  }
  const { price, quantity } = said;
  const pieces = Number.isInteger(quantity) && Number(quantity) > 0 ? Number(quantity) : 1;
  return [sku, text("item_name", "name") ?? "", text("item_category", "category") ?? "", Number(decimal(price) ?? 0), pieces];
}
