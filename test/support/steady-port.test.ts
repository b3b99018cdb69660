import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSteadyPort } from "./steady-port.ts";

describe("a steady port", () => {
  const open = async () => {
    const door = await openSteadyPort();
    onTestFinished(door.close);
    const call = (said: string) => {
      const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
      socket.write(said);
      return socket;
    };
    return { door, call };
  };
  const serve = async (answer: (socket: Socket) => void) => {
    const server = createServer(answer).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
  };
  const echo = (name: string) => serve((socket) => void socket.on("data", (said) => socket.end(`${name} heard ${said}`)));

  it("leads to the server that is there now", async () => {
    const { door, call } = await open();
    for (const name of ["one", "two"]) {
      const server = await echo(name);
      door.leadTo(server.port);
      expect(await text(call("hello"))).toBe(`${name} heard hello`);
      server.close();
    }
  });

  it("lets a caller go while there is none, or where nobody listens any more", async () => {
    const { door, call } = await open();
    const gone = await echo("one");
    gone.close();
    for (const nowhere of [undefined, gone.port]) {
      door.leadTo(nowhere);
      expect(await text(call("hello")).catch(() => "")).toBe("");
    }
  });

  it("is quiet when the server has read all that callers said who are gone", async () => {
    const { door, call } = await open();
    const heard: string[] = [];
    const server = await serve((socket) => void text(socket).then((said) => heard.push(`${said.slice(0, 2)} ${said.length}`)));
    door.leadTo(server.port);
    const callers = Array.from({ length: 20 }, (_, n) => `${n + 10}`);
    for (const caller of callers) {
      call(caller.repeat(50_000)).end();
    }
    await door.quiet();
    expect(heard).toEqual(expect.arrayContaining(callers.map((caller) => `${caller} 100000`)));
  });
});
