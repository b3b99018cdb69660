import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpServer } from "../../../shared/host/http-server.ts";
import type { FunctionContext } from "../../../shared/ports/function-host.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

describe("a request that no function answers", () => {
  const lines: object[] = [];
  const levels: string[] = [];
  let server: HttpServer;
  let port: number;
  beforeEach(async () => {
    lines.length = 0;
    levels.length = 0;
    const write = (level: string) => (fields: object) => {
      levels.push(level);
      lines.push(fields);
    };
    const context: FunctionContext = { invocationId: "i1", info: write("info"), warn: write("warn"), error: write("error") };
    server = new HttpServer(() => context);
    server.add({ methods: ["GET"], authLevel: "anonymous", route: "{id}", handler: async () => ({ status: 200, headers: {} }) });
    const fail = async () => {
      throw new Error("out of order");
    };
    server.add({ methods: ["GET"], authLevel: "anonymous", route: "broken/function", handler: fail });
    port = await server.listen("127.0.0.1", 0);
  });
  afterEach(() => server.stop(100));

  const send = (request: string) => {
    const socket = connect(port, "127.0.0.1");
    socket.end(request);
    return text(socket);
  };

  it("has one line with its trace, like any other, without its path or address", async () => {
    const answer = await send(
      `GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\ntraceparent: 00-${traceId}-b7ad6b7169203331-01\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(lines).toEqual([
      { event: "request", request_id: "i1", trace_id: traceId, method: "GET", path: "*", status: 400, problem: "request-malformed" },
    ]);
  });

  it("has one line even when it is no HTTP", async () => {
    await send("this is not HTTP\r\n\r\n");
    expect(lines).toMatchObject([{ event: "request", path: "*", status: 400, problem: "request-malformed" }]);
    expect(JSON.stringify(lines)).not.toMatch(/127\.0\.0\.1|this is/);
  });

  it("is an error with its cause when it is our failure", async () => {
    expect(await send("GET /broken/function HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1.1 500 /);
    expect(lines).toEqual([
      expect.objectContaining({ status: 500, problem: "internal-error", error: expect.stringContaining("out of order") }),
    ]);
    expect(levels).toEqual(["error"]);
  });
});
