import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A port of this process that forwards to a server which is killed and started again: a port of its own would be anybody's meanwhile. Who
 * connects while nobody is behind it is let go at once.
 */
export async function openSteadyPort() {
  let behind: number | undefined;
  const open = new Set<Socket>();
  let onQuiet = () => {};
  /** What came before an end is still passed on; what comes after the other's is not wanted by anybody. */
  const join = (one: Socket, other: Socket) => {
    open.add(one);
    one.on("error", () => {});
    one.on("close", () => {
      open.delete(one);
      other.end();
      other.resume();
      if (open.size === 0) {
        onQuiet();
      }
    });
    one.pipe(other);
  };
  const server = createServer((caller) => {
    if (behind === undefined) {
      caller.on("error", () => {});
      caller.destroy();
      return;
    }
    const called = connect(behind, "127.0.0.1");
    join(caller, called);
    join(called, caller);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Where connections lead from now on. */
    leadTo: (next: number | undefined) => {
      behind = next;
    },
    /** When all callers are gone: resolves when the server has read all that they sent, or is gone as well. */
    quiet: async () => {
      // Those that wait to be let in come before this one.
      const last = connect(port, "127.0.0.1");
      last.on("error", () => {});
      last.resume().end();
      await new Promise((resolve) => last.once("close", resolve));
      await new Promise<void>((resolve) => {
        onQuiet = resolve;
        if (open.size === 0) {
          resolve();
        }
      });
    },
    close: async () => {
      server.close();
      for (const socket of open) {
        socket.destroy();
      }
      await once(server, "close");
    },
  };
}
