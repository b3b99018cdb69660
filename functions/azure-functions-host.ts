import type { HttpRequest, InvocationContext } from "@azure/functions";
import functions from "@azure/functions";
import type {
  FunctionContext,
  FunctionHost,
  GatewayRequest,
  HttpFunction,
  QueueFunction,
  TimerFunction,
} from "../shared/ports/function-host.ts";
import { traceIdOf } from "../shared/ports/traceparent.ts";
import { Problem } from "../shared/problems/problem.ts";

/** What of @azure/functions registers functions. */
export type FunctionApp = Pick<typeof functions.app, "http" | "serviceBusQueue" | "timer">;

const levels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof levels)[number];

/** Registers our functions with the Functions host: the same ones that the embedded host runs. */
export class AzureFunctionsHost implements FunctionHost {
  readonly #level: LogLevel;
  readonly #app: FunctionApp;

  /** @param level the least important lines that are still logged */
  constructor(level: LogLevel, app: FunctionApp = functions.app) {
    this.#level = level;
    this.#app = app;
  }

  http(name: string, { methods, authLevel, route, handler }: HttpFunction): void {
    this.#app.http(functionName(name, route), {
      methods,
      authLevel,
      route: route === "" ? onlyRoot : route,
      handler: (request, context) => handler(gatewayRequest(request), this.#contextOf(context)),
    });
  }

  serviceBusQueue(name: string, { connection, queueName, cardinality, handler }: QueueFunction): void {
    this.#app.serviceBusQueue(name, {
      connection,
      queueName,
      cardinality,
      handler: async (message, invocation) => {
        const context = this.#contextOf(invocation);
        try {
          await handler(message, context);
        } catch (error) {
          const { messageId, deliveryCount } = context.triggerMetadata ?? {};
          context.error({
            event: "message_failed",
            queue: queueName,
            message_id: messageId,
            trace_id: traceIdOf(message),
            delivery_count: deliveryCount,
            error: describe(error),
          });
          throw failure(error);
        }
      },
    });
  }

  timer(name: string, { schedule, handler }: TimerFunction): void {
    this.#app.timer(name, {
      schedule,
      handler: async (timer, invocation) => {
        const context = this.#contextOf(invocation);
        try {
          await handler(timer, context);
        } catch (error) {
          context.error({ event: "timer_failed", function: name, error: describe(error) });
          throw failure(error);
        }
      },
    });
  }

  #contextOf(invocation: InvocationContext): FunctionContext {
    const { invocationId, triggerMetadata, traceContext } = invocation;
    const threshold = levels.indexOf(this.#level);
    const log = (level: "info" | "warn" | "error") => (fields: object) => {
      if (levels.indexOf(level) >= threshold) {
        // One text: the host joins several arguments as util.format does.
        invocation[level](JSON.stringify(fields));
      }
    };
    const traceparent = traceContext?.traceParent;
    const host = traceparent === undefined ? { invocationId } : { invocationId, traceparent };
    const context = { ...host, info: log("info"), warn: log("warn"), error: log("error") };
    return triggerMetadata === undefined ? context : { ...context, triggerMetadata };
  }
}

/** The host takes an empty route for none and would serve the function under its name (WebScriptHostHttpRoutesManager). */
const onlyRoot = "{ignored:maxlength(0)?}";

/**
 * The host tries routes in the alphabetical order of their functions' names, not the most specific first (azure-functions-host#9876):
 * what matches everything must come last.
 */
function functionName(name: string, route: string): string {
  return route.startsWith("{*") ? `zz-${name}` : name;
}

/** The host joins the values of a repeated query parameter into one, so the query is read from the URL again. */
function gatewayRequest(request: HttpRequest): GatewayRequest {
  const { method, url, headers, params } = request;
  const isDropped = request.body === null && headers.get("transfer-encoding") !== null;
  return { method, url, headers, params, body: isDropped ? droppedBody() : request.body, query: new URL(url).searchParams };
}

/** The host passes on no body without a Content-Length (azure-functions-nodejs-library#171); it must not look as if none was sent. */
// biome-ignore lint/correctness/useYield: reading it is what fails
async function* droppedBody(): AsyncGenerator<Uint8Array> {
  throw new Problem("request-malformed", "a body needs a Content-Length; chunked ones don't get through here");
}

/** An error for our log. A SyntaxError quotes what it could not parse, so its message stays out. */
function describe(error: unknown): string {
  return error instanceof SyntaxError ? "SyntaxError" : ((error as Error).stack ?? String(error));
}

/** What the host gets to see, and logs in its own way: that it failed, not with what. */
function failure(error: unknown): Error {
  return new Error(`${error instanceof Error ? error.name : typeof error}: see the log line of this invocation`);
}
