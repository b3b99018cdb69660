import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on any port and says so as the gateway does, so that both are started alike. */
export function listen(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`carreau listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
  process.on("SIGTERM", () => process.exit(0));
}
