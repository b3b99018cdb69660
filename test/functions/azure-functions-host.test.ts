import functions, { type HttpHandler, type ServiceBusQueueHandler, type TimerHandler } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { AzureFunctionsHost, type FunctionApp, type LogLevel } from "../../functions/azure-functions-host.ts";
import { readJson } from "../../shared/http/read-body.ts";
import type { FunctionContext, GatewayRequest } from "../../shared/ports/function-host.ts";

interface Registered {
  readonly name: string;
  readonly route?: string;
  readonly handler: HttpHandler & ServiceBusQueueHandler & TimerHandler;
}

/** A host whose functions are kept instead of registered, and the last one of them. */
function startHost(level: LogLevel = "info") {
  const registered: Registered[] = [];
  const keep = (name: string, options: object) => registered.push({ ...(options as Registered), name });
  const app = { http: keep, serviceBusQueue: keep, timer: keep } as unknown as FunctionApp;
  return { host: new AzureFunctionsHost(level, app), last: () => registered.at(-1)! };
}

/** The context of an invocation as the library makes it, and the lines that the Functions host gets from it. */
function startInvocation(triggerMetadata?: Record<string, unknown>) {
  const lines: unknown[][] = [];
  const context = new functions.InvocationContext({
    invocationId: "0b1c",
    functionName: "any",
    logHandler: (...line) => lines.push(line),
    ...(triggerMetadata === undefined ? {} : { triggerMetadata }),
  });
  return { context, lines };
}

/** Has one HTTP function see the request and answers what it saw. */
async function seenBy<T>(init: ConstructorParameters<typeof functions.HttpRequest>[0], look: (request: GatewayRequest) => Promise<T> | T) {
  const { host, last } = startHost();
  let seen: T | undefined;
  host.http("any", {
    methods: ["GET", "HEAD", "POST"],
    authLevel: "anonymous",
    route: "any/{id}",
    handler: async (request) => {
      seen = await look(request);
      return { status: 204, headers: {} };
    },
  });
  const answer = await last().handler(new functions.HttpRequest(init), startInvocation().context);
  expect(answer).toEqual({ status: 204, headers: {} });
  return seen!;
}

const url = "https://gateway.example/any/a%20b?limit=5";

describe("AzureFunctionsHost", () => {
  it("gives an HTTP function the body, the parameters and the headers of the request", async () => {
    const seen = await seenBy(
      {
        method: "POST",
        url,
        headers: { "Content-Type": "application/json", "x-forwarded-for": "192.0.2.1:4711" },
        params: { id: "a b" },
        body: { bytes: Buffer.from('{"né":1}') },
      },
      async (request) => ({ ...request, value: await readJson(request, 100), type: request.headers.get("content-type") }),
    );
    expect(seen).toMatchObject({ method: "POST", url, params: { id: "a b" }, value: { né: 1 }, type: "application/json" });
    expect(seen.headers.get("X-Forwarded-For")).toBe("192.0.2.1:4711");
  });

  it("stops reading a body that is too large", async () => {
    const read = seenBy({ method: "POST", url, body: { bytes: Buffer.alloc(101, "1") } }, (request) => readJson(request, 100));
    await expect(read).rejects.toMatchObject({ code: "body-too-large" });
  });

  it.each(["GET", "HEAD", "POST"])("has no body for a %s without one", async (method) => {
    const seen = await seenBy({ method, url }, (request) => ({ method: request.method, body: request.body, params: request.params }));
    expect(seen).toEqual({ method, body: null, params: {} });
  });

  it("refuses a chunked body, which the host does not pass on, instead of taking it for none", async () => {
    const read = seenBy({ method: "POST", url, headers: { "transfer-encoding": "chunked" } }, (request) => readJson(request, 100));
    await expect(read).rejects.toMatchObject({ code: "request-malformed", detail: expect.stringContaining("Content-Length") });
  });

  it("drops a body that a GET must not have", async () => {
    expect(await seenBy({ method: "GET", url, body: { string: "{}" } }, ({ body }) => body)).toBeNull();
  });

  it("shows each value of a repeated query parameter, as they stand in the URL", async () => {
    const repeated = `${url}&limit=6&empty=`;
    const seen = await seenBy({ method: "GET", url: repeated, query: { limit: "5,6" } }, ({ query }) => [...query]);
    expect(seen).toEqual([
      ["limit", "5"],
      ["limit", "6"],
      ["empty", ""],
    ]);
  });

  it("answers what the library can send", async () => {
    const { host, last } = startHost();
    const response = { status: 202, headers: { "content-type": "application/json" }, body: '{"accepted":1}' };
    host.http("any", { methods: ["POST"], authLevel: "anonymous", route: "any", handler: async () => response });
    const answer = await last().handler(new functions.HttpRequest({ method: "POST", url }), startInvocation().context);
    const sent = new functions.HttpResponse(answer as typeof response);
    expect([sent.status, sent.headers.get("content-type"), await sent.text()]).toEqual([202, "application/json", '{"accepted":1}']);
  });

  it("serves the root and puts what matches everything after every other name", () => {
    const { host, last } = startHost();
    const options = { methods: [], authLevel: "anonymous", handler: async () => ({ status: 204, headers: {} }) } as const;
    host.http("root", { ...options, methods: ["GET"], route: "" });
    expect(last()).toMatchObject({ name: "root", route: "{ignored:maxlength(0)?}" });
    host.http("not-found", { ...options, methods: ["GET"], route: "{*path}" });
    expect(last()).toMatchObject({ name: "zz-not-found", route: "{*path}" });
  });

  describe("a log call", () => {
    const linesOf = async (level: LogLevel, log: (context: FunctionContext) => void) => {
      const { host, last } = startHost(level);
      host.timer("any", { schedule: "0 * * * * *", handler: async (_timer, context) => log(context) });
      const { context, lines } = startInvocation();
      await last().handler({} as never, context);
      return lines;
    };

    it("becomes one line of JSON at its level", async () => {
      const lines = await linesOf("info", (log) => {
        log.info({ event: "request", text: "100%s\n", status: 202 });
        log.warn({ event: "late" });
        log.error({ event: "failed" });
      });
      expect(lines).toEqual([
        ["information", '{"event":"request","text":"100%s\\n","status":202}'],
        ["warning", '{"event":"late"}'],
        ["error", '{"event":"failed"}'],
      ]);
    });

    it.each([
      ["warn", 2],
      ["silent", 0],
      ["debug", 3],
    ] as const)("is left out below the level %s", async (level, count) => {
      const lines = await linesOf(level, (log) => {
        log.info({});
        log.warn({});
        log.error({});
      });
      expect(lines).toHaveLength(count);
    });
  });

  describe("a queue function", () => {
    const queue = { connection: "SERVICEBUS_CONNECTION", queueName: "events", cardinality: "one" } as const;

    it("gets the message, how often it was delivered, and the invocation's id", async () => {
      const { host, last } = startHost();
      let seen: unknown;
      host.serviceBusQueue("any", {
        ...queue,
        handler: async (message, { invocationId, triggerMetadata }) => {
          seen = { message, invocationId, triggerMetadata };
        },
      });
      const { context } = startInvocation({ deliveryCount: 3, messageId: "m" });
      await last().handler({ batch_id: "b" } as never, context);
      expect(seen).toEqual({ message: { batch_id: "b" }, invocationId: "0b1c", triggerMetadata: { deliveryCount: 3, messageId: "m" } });
    });

    it("gives a message back without telling the host what was in it", async () => {
      const { host, last } = startHost();
      host.serviceBusQueue("any", { ...queue, handler: async () => void JSON.parse("visitor@club.example") });
      const { context, lines } = startInvocation({ deliveryCount: 3, messageId: "m" });
      const error = await Promise.resolve(last().handler({} as never, context)).catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(`${(error as Error).message} ${(error as Error).stack}`).not.toContain("visitor");
      expect(lines).toEqual([["error", expect.any(String)]]);
      expect(JSON.parse(lines[0]![1] as string)).toEqual({
        event: "message_failed",
        queue: "events",
        message_id: "m",
        delivery_count: 3,
        error: "SyntaxError",
      });
    });
  });

  it("says which timer failed, and fails", async () => {
    const { host, last } = startHost();
    const fail = async () => {
      throw new Error("the store is gone");
    };
    host.timer("sweep", { schedule: "30 * * * * *", handler: fail });
    const { context, lines } = startInvocation();
    await expect(Promise.resolve(last().handler({} as never, context))).rejects.toThrow("Error: see the log line");
    expect(JSON.parse(lines[0]![1] as string)).toMatchObject({
      event: "timer_failed",
      function: "sweep",
      error: expect.stringMatching(/gone/),
    });
  });
});
