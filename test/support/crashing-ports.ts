import type { Ports } from "../../shared/ports/ports.ts";

/** What a process says last when it is killed at a step. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** A call to a port, such as `store.create`. */
export type Step = `${string}.${string}`;

/**
 * Ports that kill the process around some calls: before the call has an effect, or after it, when nobody hears the answer. `decide` is
 * asked at every call.
 */
export function crashingPorts(ports: Ports, decide: (step: Step) => "before" | "after" | "never"): Ports {
  const wrapped: Record<string, unknown> = { ...ports };
  for (const name of ["store", "outbox", "queue", "secrets"] as const) {
    wrapped[name] = new Proxy(ports[name] as object, {
      get(port, method: string) {
        const call = (port as Record<string, (...args: unknown[]) => Promise<unknown>>)[method];
        if (typeof call !== "function") {
          return call;
        }
        return async (...args: unknown[]) => {
          const when = decide(`${name}.${method}`);
          if (when === "before") {
            throw new Crash(`before ${name}.${method}`);
          }
          const answer = await call.apply(port, args);
          if (when === "after") {
            throw new Crash(`after ${name}.${method}`);
          }
          return answer;
        };
      },
    });
  }
  return wrapped as unknown as Ports;
}
