import type { DeliverableEvent } from "../../events/event.ts";
import { type Report, under } from "../adjustments.ts";
import { ecommerceEvents } from "./event-names.ts";
import { type Item, itemsOf } from "./items.ts";
import { fixName } from "./names.ts";
import type { Settings } from "./settings.ts";
import { idText, isAbsent, numberOf, scalarOf } from "./values.ts";

export type Params = Readonly<Record<string, string | number | readonly Item[]>>;

/** Measurement Protocol reference, limitations. */
const paramsMax = 25;
const charsMax = 100;
const pageParams = { page_location: ["page_url", 1000], page_title: ["page_title", 300], page_referrer: ["referrer", 420] } as const;

/** What certain parameters must be; they are also kept first where there are too many. */
const special: Readonly<Record<string, { readonly read: (value: unknown) => string | number | undefined; readonly detail: string }>> = {
  session_id: {
    read: (value) => (/^0*[1-9]\d{0,18}$/.test(String(value)) ? String(value) : undefined),
    detail: "digits only",
  },
  engagement_time_msec: { read: (value) => positive(numberOf(value)), detail: "not a positive number" },
  currency: { read: currencyOf, detail: "not a code of three letters" },
  value: { read: numberOf, detail: "not a number" },
  tax: { read: numberOf, detail: "not a number" },
  shipping: { read: numberOf, detail: "not a number" },
  transaction_id: { read: (value) => idText(value, charsMax), detail: "not an id" },
};

/** The parameters of an event; the page's and those that GA4 asks for go before the sender's own, of which some may not fit. */
export function paramsOf(event: DeliverableEvent, name: string, settings: Settings, report: Report): Params {
  const params = new Map<string, string | number | readonly Item[]>(pageOf(event, report));
  // Both are replaced by the sender's; without the first nobody counts as active.
  const defaults = new Map<string, string | number>([["engagement_time_msec", 1]]);
  if (name === "purchase") {
    // GA4 counts a purchase of the same id once.
    defaults.set("transaction_id", event.id);
  }
  for (const [of, value] of defaults) {
    params.set(of, value);
  }
  if (event.revenue !== undefined && settings.enable_ecommerce) {
    params.set("currency", event.revenue.currency).set("value", event.revenue.amount);
  }
  const reportProperty = under(report, "event_properties");
  for (const [given, fixed, value] of inOrder(event.event_properties ?? {})) {
    const isTaken = params.has(fixed) && !defaults.delete(fixed);
    const wrong = isTaken
      ? `${fixed} is there already`
      : params.size >= paramsMax && !params.has(fixed)
        ? `only ${paramsMax} are taken`
        : undefined;
    const sent = wrong === undefined ? paramValue(fixed, value, given, settings, reportProperty) : undefined;
    if (wrong !== undefined) {
      reportProperty([given], "dropped", wrong);
    } else if (sent !== undefined) {
      if (fixed !== given) {
        reportProperty([given], "renamed", fixed);
      }
      params.set(fixed, sent);
    }
  }
  if (ecommerceEvents.has(name) && params.has("value") && !params.has("currency")) {
    params.delete("value");
    reportProperty(["value"], "dropped", "a value needs a currency");
  }
  return Object.fromEntries(params);
}

function* pageOf(event: DeliverableEvent, report: Report): Generator<[string, string]> {
  for (const [param, [field, max]] of Object.entries(pageParams)) {
    if (!isAbsent(event[field])) {
      yield [param, String(scalarOf(event[field], max, field, report))];
    }
  }
}

/** Properties under their fixed names, those first that must not be the ones without room. */
function inOrder(properties: Readonly<Record<string, unknown>>): [given: string, fixed: string, value: unknown][] {
  const present = Object.entries(properties).filter(([, value]) => !isAbsent(value));
  const named = present.map(([given, value]): [string, string, unknown] => [given, fixName(given, "param"), value]);
  const rank = (fixed: string): number => (fixed === "items" || Object.hasOwn(special, fixed) ? 0 : 1);
  return named.sort(([, a], [, b]) => rank(a) - rank(b));
}

function paramValue(fixed: string, value: unknown, given: string, settings: Settings, report: Report) {
  if (fixed === "items") {
    if (settings.enable_ecommerce) {
      return itemsOf(value, under(report, given));
    }
    report([given], "dropped", "the config sends no e-commerce");
    return undefined;
  }
  const rule = Object.hasOwn(special, fixed) ? special[fixed] : undefined;
  if (rule === undefined) {
    const max = Object.hasOwn(pageParams, fixed) ? pageParams[fixed as keyof typeof pageParams][1] : undefined;
    const scalar = scalarOf(value, max ?? charsMax, given, report);
    return max === undefined || scalar === undefined ? scalar : String(scalar);
  }
  const sent = rule.read(value);
  if (sent === undefined) {
    report([given], "dropped", rule.detail);
  }
  return sent;
}

const positive = (number: number | undefined): number | undefined => (number !== undefined && number > 0 ? number : undefined);

function currencyOf(value: unknown): string | undefined {
  const code = typeof value === "string" ? value.trim().toUpperCase() : "";
  return /^[A-Z]{3}$/.test(code) ? code : undefined;
}
