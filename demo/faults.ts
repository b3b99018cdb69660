import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../shared/providers/recording-endpoint.ts";

const headers = z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/));

/** How the provider misbehaves until the fault is taken back. Only `delay` lets it take what it gets. */
export const fault = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    headers: headers.optional(),
    body: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("delay"), ms: z.int().min(0).max(60_000) }),
  z.strictObject({
    kind: z.enum([
      // No answer at all, or none to the end.
      "hang",
      "reset",
      "slow-body",
      "reset-mid-body",
      // 200 with something that no provider says.
      "garbage",
      // 2xx in the provider's own words, for nothing taken.
      "quota",
      "dropped",
    ]),
  }),
]);
export type Fault = z.infer<typeof fault>;

/** Why a provider can't misbehave like this; `undefined` when it can. */
export function whyImpossible({ kind }: Fault, { refusals }: RecordingEndpoints): string | undefined {
  const isPossible = (kind !== "quota" && kind !== "dropped") || refusals?.[kind] !== undefined;
  return isPossible ? undefined : `the provider has no answer that says "${kind}"`;
}

const garbage: RecordingAnswer = {
  status: 200,
  headers: { "content-type": "application/octet-stream" },
  body: '<!doctype html><title>Sign in</title>\u0000{"status":]\ufffd[',
};

/** What is answered instead, in one piece; `undefined` for what the provider answers in spite of the fault. */
export function answerInstead(fault: Fault, endpoints: RecordingEndpoints, request: RecordingRequest): RecordingAnswer | undefined {
  switch (fault.kind) {
    case "status":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? "" };
    case "garbage":
      return garbage;
    case "quota":
    case "dropped": {
      const answer = endpoints.answer(request);
      const wouldTake = (answer?.recorded?.length ?? 0) > 0;
      return wouldTake ? endpoints.refusals?.[fault.kind]?.(request) : answer && { ...answer, recorded: [] };
    }
    default:
      return undefined;
  }
}

const trickleMs = 50;

/** Leaves the request without a complete answer; `false` when the fault is another one. */
export function breakOff({ kind }: Fault, response: ServerResponse): boolean {
  switch (kind) {
    case "hang":
      return true;
    case "reset":
      response.destroy();
      return true;
    case "slow-body": {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
      const trickle = setInterval(() => response.write(" "), trickleMs);
      response.once("close", () => clearInterval(trickle));
      return true;
    }
    case "reset-mid-body":
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.write('{"status":', () => response.destroy());
      return true;
    default:
      return false;
  }
}
