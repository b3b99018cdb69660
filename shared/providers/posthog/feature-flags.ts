import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { AskProvider, FlagsOutcome, FlagsQuestion, Insight, ProviderConfig } from "../definition.ts";
import { askFlags } from "./ask-flags.ts";
import { readFlags } from "./flags-answer.ts";
import { legalId } from "./identity.ts";
import { sendable } from "./item.ts";
import { projectToken, type Settings } from "./settings.ts";

/** What the provider's own libraries may ask again for, once; everything else falls back at once. */
const statusesToAskAgain = [502, 504];
/** Properties of visitors that are names of them. */
const identifiers = /^\$?(?:distinct_id|anon_distinct_id|device_id|session_id|user_id|anonymous_id)$/i;

/** Evaluates flags by `/flags`, one visitor a request, as the provider takes them. */
export const featureFlags: Insight<Settings, FlagsQuestion, FlagsOutcome> = {
  setting: "enable_feature_flags",
  isEnabled: ({ enable_feature_flags }) => enable_feature_flags,
  secretsNeeded: ["project_token_ref"],
  answer: evaluate,
};

async function evaluate(question: FlagsQuestion, { settings, secrets }: ProviderConfig<Settings>, ask: AskProvider): Promise<FlagsOutcome> {
  const { visitor, flags } = question;
  if (legalId(visitor.id) === undefined) {
    return { refused: { pointer: "/id", detail: "an id that stands for nobody" } };
  }
  const token = projectToken(secrets);
  if (token === undefined) {
    return { failed: "the secret of project_token_ref is not a project token" };
  }
  const fields = sendable({
    distinct_id: settings.cookieless ? idOfTheDay(question) : visitor.id,
    groups: Object.fromEntries(Object.entries(visitor.groups ?? {}).filter(([, group]) => !settings.cookieless || group !== visitor.id)),
    person_properties: Object.fromEntries(Object.entries(visitor.properties ?? {}).filter(mayLeave(visitor.id, settings))),
    flag_keys: flags,
  }) as Readonly<Record<string, unknown>>;
  const first = await askFlags(settings, token, fields, ask);
  const answer = mayAskAgain(first) ? await askFlags(settings, token, fields, ask) : first;
  if ("unreachable" in answer) {
    return { failed: `no answer: ${answer.unreachable}` };
  }
  const { status, body } = answer;
  return status === 200 ? readFlags(body) : { failed: hints[status] ?? `status ${status}`, status };
}

const hints: Readonly<Record<number, string>> = {
  401: "status 401; it does not take the project token",
  402: "status 402; the project is over its plan's quota of flags",
};

/** A visitor whose time is used up is not worth as much again. */
const mayAskAgain = (answer: Awaited<ReturnType<AskProvider>>): boolean =>
  "unreachable" in answer
    ? !["timeout", "target-refused", "request-invalid"].includes(answer.unreachable)
    : statusesToAskAgain.includes(answer.status);

/** The same all day, so that a visitor keeps a variant as long, and another one tomorrow: nothing that lasts leaves us. */
function idOfTheDay({ configId, visitor, at }: FlagsQuestion): string {
  const day = new Date(at).toISOString().slice(0, 10);
  return createHash("sha256")
    .update(JSON.stringify([configId, visitor.id, day]))
    .digest("hex")
    .slice(0, 40);
}

/** Whether a property may leave us: never an address, and in cookieless mode nothing that names the visitor. */
const mayLeave =
  (visitorId: string, { cookieless }: Settings) =>
  ([name, value]: readonly [string, unknown]): boolean => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isAddress = /^\$?ip$/i.test(name) || values.some((one) => typeof one === "string" && isIP(one.trim()) !== 0);
    return !isAddress && !(cookieless && (identifiers.test(name) || values.includes(visitorId)));
  };
