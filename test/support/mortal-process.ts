import type { Ports } from "../../shared/ports/ports.ts";

/** What a process says last when it is killed at a step. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** When a call kills the process: before it has an effect, after it when nobody hears the answer, or not at all. */
export type Fate = "before" | "after" | "never";

export interface MortalProcess {
  /** Calls of store, queue and secrets ask for their fate; from a death on, every call fails until the process is started again. */
  wrap<T extends object>(port: T, name: string): T;
  readonly isDead: boolean;
  restart(): void;
}

/** A process that dies where the test says. `fateOf` is asked at every call of a wrapped port. */
export function mortalProcess(fateOf: (step: string) => Fate): MortalProcess {
  let isDead = false;
  const die = (step: string): never => {
    isDead = true;
    throw new Killed(step);
  };
  return {
    get isDead() {
      return isDead;
    },
    restart() {
      isDead = false;
    },
    wrap: (port, name) =>
      new Proxy(port, {
        get(target, method: string) {
          const call = (target as Record<string, unknown>)[method];
          if (typeof call !== "function") {
            return call;
          }
          return async (...args: unknown[]) => {
            const step = `${name}.${method}`;
            const fate = isDead ? "before" : fateOf(step);
            if (fate === "before") {
              return die(step);
            }
            const answer: unknown = await call.apply(target, args);
            return fate === "after" ? die(step) : answer;
          };
        },
      }),
  };
}

/** All of the ports that hold something, wrapped. */
export function wrapPorts(ports: Ports, process: MortalProcess): Ports {
  const { store, outbox, secrets } = ports;
  return {
    ...ports,
    store: process.wrap(store, "store"),
    outbox: process.wrap(outbox, "outbox"),
    secrets: process.wrap(secrets, "secrets"),
  };
}
