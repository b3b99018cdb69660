import { askProvider } from "../configs/ask-provider.ts";
import type { Config } from "../configs/config.ts";
import { areNewer, pointerToReference, readSecrets } from "../configs/read-secrets.ts";
import { parseRetryAfter } from "../delivery/retry.ts";
import type { Ports } from "../ports/ports.ts";
import { redactAnswer } from "../privacy/redact.ts";
import { Problem } from "../problems/problem.ts";
import type { FunnelBreakdown, FunnelOutcome, ProviderDefinition } from "../providers/definition.ts";
import { chooseConfig, incomplete } from "./choose-config.ts";
import type { Funnel, FunnelRequest, FunnelStep } from "./funnel.ts";

/** Providers compute while they are asked. */
const timeoutMs = 25_000;

type FunnelPorts = Pick<Ports, "store" | "secrets" | "http" | "clock">;
type Failure = Extract<FunnelOutcome, { readonly failed: string }>;

/**
 * A funnel as the provider computes it, in one form whoever does. Throws `provider-refused` or `provider-unavailable` with the
 * provider's answer, redacted, when there is none.
 */
export const readFunnel =
  (ports: FunnelPorts) =>
  async (tenantId: string, definition: ProviderDefinition, request: FunnelRequest): Promise<Funnel> => {
    const { funnels } = definition;
    if (funnels === undefined) {
      throw new Problem("not-found", "this provider computes no funnels");
    }
    const config = await chooseConfig(ports, tenantId, definition, funnels, request.config_id);
    const ask = askProvider(ports, timeoutMs);
    const { settings, credentials } = config;
    const answer = (secrets: Readonly<Record<string, string>>) => funnels.answer(request, { settings, credentials, secrets }, ask);
    const secrets = await requireSecrets(ports, config, funnels.secretsNeeded);
    const first = await answer(secrets);
    if (!("failed" in first) || (first.answer?.status !== 401 && first.answer?.status !== 403)) {
      return funnelOf(first, request, secrets, ports.clock.now());
    }
    const newer = await requireSecrets(ports, config, funnels.secretsNeeded, { refresh: true });
    return funnelOf(areNewer(newer, secrets) ? await answer(newer) : first, request, { ...secrets, ...newer }, ports.clock.now());
  };

async function requireSecrets(ports: FunnelPorts, config: Config, names: readonly string[], options?: { refresh: boolean }) {
  const read = await readSecrets(ports, config, names, options);
  if ("missing" in read) {
    throw incomplete(config, [pointerToReference(read.missing)], "the vault does not have this secret for this tenant");
  }
  return read.values;
}

function funnelOf(
  outcome: FunnelOutcome,
  { steps, from, to, window }: FunnelRequest,
  secrets: Readonly<Record<string, string>>,
  now: number,
): Funnel {
  if ("failed" in outcome) {
    throw failure(outcome, Object.values(secrets), now);
  }
  const { breakdowns, computedAt } = outcome;
  return {
    from,
    to,
    window,
    breakdowns: breakdowns.map((breakdown) => ({ value: breakdown.value, steps: stepsOf(breakdown, steps) })),
    ...(computedAt === undefined ? {} : { computed_at: computedAt }),
  };
}

const stepsOf = ({ steps }: FunnelBreakdown, asked: FunnelRequest["steps"]): FunnelStep[] =>
  asked.map(({ event, name = event }, at) => {
    const { count, average_seconds, median_seconds } = steps[at]!;
    return {
      name,
      event,
      count,
      conversion_from_start: ratio(count, steps[0]!.count),
      conversion_from_previous: at === 0 ? null : ratio(count, steps[at - 1]!.count),
      average_seconds,
      median_seconds,
    };
  });

const ratio = (count: number, of: number): number | null => (of === 0 ? null : Math.min(1, count / of));

function failure({ failed, again, answer }: Failure, secrets: readonly string[], now: number): Problem {
  const retryAfterMs = parseRetryAfter(answer?.headers["retry-after"], now);
  return new Problem(again ? "provider-unavailable" : "provider-refused", failed, {
    extensions: {
      ...(answer === undefined ? {} : { provider_status: answer.status, provider_answer: redactAnswer(answer.body, secrets) }),
      ...(again && retryAfterMs !== undefined ? { retry_after_seconds: Math.ceil(retryAfterMs / 1000) } : {}),
    },
  });
}
