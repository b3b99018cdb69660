import { CosmosError, withSubstatus } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";
import { kindOf, type OperationKind } from "./operation-kind.ts";

type FaultEffect =
  /** 429: too many requests. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number }
  | { readonly kind: "status"; readonly status: number; readonly substatus?: number }
  /** Answered late, in real milliseconds. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The connection ends and nothing has happened. */
  | { readonly kind: "drop-before" }
  /** The connection ends when all is done, so that the client never learns of it. */
  | { readonly kind: "drop-after" };

export type CosmosFault = FaultEffect & {
  /** Any on items if left out. */
  readonly operation?: OperationKind;
  /** Any if left out. */
  readonly container?: string;
  /** How often it strikes; once if left out. */
  readonly times?: number | "until-cleared";
};

/** Faults that wait for their request. */
export class Faults {
  #pending: { readonly fault: CosmosFault; left: number }[] = [];

  inject(fault: CosmosFault): void {
    const { times = 1 } = fault;
    this.#pending.push({ fault, left: times === "until-cleared" ? Number.POSITIVE_INFINITY : times });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The oldest fault for this request, which has then struck once more. */
  take(request: CosmosRequest): CosmosFault | undefined {
    const found = this.#pending.find(({ fault }) => strikes(fault, request));
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#pending.splice(this.#pending.indexOf(found), 1);
    return found.fault;
  }
}

function strikes({ operation, container }: CosmosFault, request: CosmosRequest): boolean {
  const kind = kindOf(request);
  const isWanted = operation === undefined ? kind !== "metadata" : kind === operation;
  return isWanted && (container === undefined || container === request.segments[3]);
}

/** The refusal that a fault of this kind stands for, if it does for one. */
export function refusalOf(fault: CosmosFault): CosmosError | undefined {
  if (fault.kind === "throttled") {
    const headers = { "x-ms-retry-after-ms": String(fault.retryAfterMs), ...withSubstatus(3200).headers };
    return new CosmosError(429, "TooManyRequests", "The request rate is too large.", { headers });
  }
  if (fault.kind !== "status") return undefined;
  return new CosmosError(fault.status, "Injected", "Injected fault.", withSubstatus(fault.substatus));
}
