import { describe, expect, it } from "vitest";
import { fanOut } from "../../functions/queue/fan-out.ts";
import type { FunctionContext } from "../../shared/ports/function-host.ts";

const message = { tenant_id: "t", batch_id: "b", pk: "t|0", received_at: "2026-03-01T10:00:00.000Z", events: [] };

describe("the fan-out function", () => {
  /** Hands a message out for the `deliveryCount`th time, to a fan-out that always fails; what it logged, or what it threw. */
  const deliver = async (deliveryCount: number) => {
    const logged: object[] = [];
    const keep = (line: object) => void logged.push(line);
    const failing = async () => {
      throw new Error("always");
    };
    const use = { fanOutEvents: failing, runResend: failing, deferWhileUnavailable: failing };
    const context = {
      invocationId: "1",
      triggerMetadata: { deliveryCount, messageId: "b" },
      info: keep,
      warn: keep,
      error: keep,
    } as FunctionContext;
    return fanOut(use as never)
      .handler(message, context)
      .then(
        () => logged,
        (error: Error) => error.message,
      );
  };

  it("gives a message back that it could not handle", async () => {
    expect(await deliver(1)).toBe("always");
    expect(await deliver(8)).toBe("always");
  });

  it("leaves it to the sweeper in the end, rather than to the broker with the visitors' addresses in it", async () => {
    expect(await deliver(9)).toEqual([{ event: "message_given_up", queue: "events", message_id: "b" }]);
  });
});
