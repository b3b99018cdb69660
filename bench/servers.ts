import { type Gateway, type GatewayOptions, newTenant, startGateway } from "../test/support/gateway.ts";
import { serverPrefix } from "./pinning.ts";

export interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<unknown>;
}

/** Starts one of `bench/servers/` on the server's core. */
export async function startServer(name: "bare" | "composite" | "recording"): Promise<Server> {
  return startGateway({ prefix: serverPrefix, entry: `bench/servers/${name}.ts` });
}

/** Starts the gateway on the server's core, with a tenant; its log is thrown away after it was written. */
export async function startMeasuredGateway(env: GatewayOptions["env"] = {}): Promise<{ gateway: Gateway; key: string; events: string }> {
  const gateway = await startGateway({ prefix: serverPrefix, keepLog: false, env });
  const { key } = await newTenant(gateway);
  return { gateway, key, events: `${gateway.url}/analytics/events` };
}
