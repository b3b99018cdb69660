import type { ChaosTenant } from "./chaos-tenants.ts";

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const batchMax = 20;

/** One request with its events, all of one tenant. */
interface Post {
  readonly tenant: ChaosTenant;
  readonly events: readonly { readonly event_name: string; readonly idempotency_key?: string }[];
  readonly hasKeys: boolean;
}

/** What the senders know: the ids of events that were answered 202, by name, and what contradicted itself. */
export interface Senders {
  readonly accepted: Map<string, { readonly tenant: string; readonly id: string }>;
  readonly unanswered: Post[];
  readonly violations: string[];
}

/** A request of one event or several, half of them with idempotency keys; names are never used again. */
function makePost(tenants: readonly ChaosTenant[], random: () => number, name: () => string): Post {
  const tenant = tenants[Math.floor(random() * tenants.length)]!;
  const hasKeys = random() < 0.5;
  const size = random() < 0.6 ? 1 : 2 + Math.floor(random() * (batchMax - 1));
  const events = Array.from({ length: size }, (_, at) => {
    const event_name = name();
    return {
      event_name,
      page_url: `https://shop.example/${at}`,
      user_agent: random() < 0.05 ? bot : browser,
      event_properties: { plan: random() < 0.5 ? "pro" : "free" },
      ...(hasKeys ? { idempotency_key: event_name } : {}),
    };
  });
  return { tenant, events, hasKeys };
}

type Call = (post: { key: string; body: object }) => Promise<{ status: number; text: string; body: { results: readonly Result[] } }>;
interface Result {
  readonly id: string;
  readonly status: string;
}

/** Sends one request; a gateway that dies meanwhile leaves it unanswered, which says nothing about what was stored. */
async function send(post: Post, call: Call, { accepted, unanswered, violations }: Senders): Promise<void> {
  const body = post.events.length === 1 ? post.events[0]! : { events: post.events };
  const answer = await call({ key: post.tenant.key, body }).catch(() => undefined);
  if (answer === undefined) {
    unanswered.push(post);
    return;
  }
  if (answer.status !== 202) {
    violations.push(`a good request was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    return;
  }
  for (const [at, { id, status }] of answer.body.results.entries()) {
    const name = post.events[at]!.event_name;
    const known = accepted.get(name);
    if (!["accepted", "duplicate"].includes(status) || (known !== undefined && (known.id !== id || status !== "duplicate"))) {
      violations.push(`${name} was answered ${status} ${id} after ${known?.id ?? "nothing"}`);
    }
    accepted.set(name, { tenant: post.tenant.id, id });
  }
}

/**
 * Sends so many requests over several connections, with pauses. What has keys is sent again until it is answered, and now and then once
 * more after that.
 * @param call rejects where nobody answered; waits while the gateway is known to be down
 */
export async function sendLoad(
  tenants: readonly ChaosTenant[],
  { posts, connections, prefix }: { posts: number; connections: number; prefix: string },
  random: () => number,
  call: Call,
  senders: Senders,
): Promise<void> {
  let next = 0;
  let named = 0;
  const sendOn = async () => {
    while (next++ < posts) {
      const post = makePost(tenants, random, () => `${prefix}-${named++}`);
      do {
        await send(post, call, senders);
      } while (post.hasKeys && (!senders.accepted.has(post.events[0]!.event_name) || random() < 0.1));
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
    }
  };
  await Promise.all(Array.from({ length: connections }, sendOn));
}
