import { Agent } from "undici";
import type { Answer, Failure, HttpClient, OutgoingRequest } from "../../ports/http-client.ts";
import { Exchange } from "./exchange.ts";
import { createLookup, resolvePublic, TargetRefused } from "./guarded-lookup.ts";
import { createDnsResolver, type ResolveAddresses, resolveLikeTheMachine } from "./resolve-addresses.ts";
import { readTarget } from "./target.ts";

export interface HttpClientOptions {
  /** Also http and addresses that are not public: for local work only. */
  readonly allowPrivateTargets: boolean;
  /** Origins (`http://127.0.0.1:7072`) of our own, such as the demo's recording provider, that are no tenant's choice to reach. */
  readonly trustedOrigins?: readonly string[];
  /** How names become addresses; by default DNS, or what the machine says where private targets are allowed. */
  readonly resolve?: ResolveAddresses;
  /** For resolution, TCP and TLS together; undici measures it in steps of half a second. */
  readonly connectTimeoutMs?: number;
  /** Longer answers are cut. */
  readonly answerBytesMax?: number;
}

const refused: Failure = { kind: "failure", reason: "target-refused", sent: false };

/** The HTTP client for tenants' targets (spec 2.8), on a connection pool of its own. See the port for what it promises. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { allowPrivateTargets, trustedOrigins = [], connectTimeoutMs = 5_000, answerBytesMax = 64 * 1024 } = options;
  const resolve = options.resolve ?? (allowPrivateTargets ? resolveLikeTheMachine : createDnsResolver());
  const resolveAllowed: ResolveAddresses = allowPrivateTargets ? resolve : (hostname) => resolvePublic(hostname, resolve);

  const isTrusted = (url: string) => allowPrivateTargets || trustedOrigins.some((origin) => url.startsWith(`${origin}/`));

  const agent = new Agent({
    // HTTP/2 would put requests of many tenants on one connection, where stopping one answer does not end it.
    allowH2: false,
    // The exchange keeps the time from call to last byte.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      lookup: createLookup(resolveAllowed),
      timeout: connectTimeoutMs,
      autoSelectFamily: true,
      // The default of 250 ms would give up far addresses too early.
      autoSelectFamilyAttemptTimeout: 1_000,
    },
  });

  return {
    send(request: OutgoingRequest): Promise<Answer | Failure> {
      // A pooled connection goes to an address that was checked when it was made; a host that is itself an address is checked here.
      const target = readTarget(request.url, isTrusted(request.url));
      if ("refused" in target) return Promise.resolve(refused);
      const { origin, pathname, search } = target.url;
      return new Promise((settle) => {
        agent.dispatch(
          { origin, path: pathname + search, method: request.method, headers: request.headers, body: request.body ?? null },
          new Exchange(request.timeoutMs, answerBytesMax, settle),
        );
      });
    },

    async checkTarget(url) {
      const target = readTarget(url, isTrusted(url));
      if ("refused" in target) return target;
      if (isTrusted(url) || !target.named) return "ok";
      try {
        await resolveAllowed(target.url.hostname);
        return "ok";
      } catch (error) {
        // A name that does not resolve now is checked when it is connected to.
        return error instanceof TargetRefused ? { refused: error.message } : "ok";
      }
    },

    close: () => agent.close(),
  };
}
