import { setTimeout as wait } from "node:timers/promises";

/** Where Microsoft's emulators say that they can be used; the ports are those of infra/docker-compose.emulators.yaml. */
export const probes: Readonly<Record<string, string>> = {
  cosmos: "http://127.0.0.1:8080/ready",
  servicebus: "http://127.0.0.1:5300/health",
};
/** Service Bus' emulator waits for SQL Server, which may take a minute where memory is short. */
const triesMax = 120;

/**
 * Returns when all answer 2xx, asked once after each `pause`, by default two seconds. Throws with the names of those that have not for some four
 * minutes.
 */
export async function untilReady(
  urls: Readonly<Record<string, string>> = probes,
  pause: () => Promise<unknown> = () => wait(2_000),
): Promise<void> {
  let waitedFor = Object.entries(urls);
  for (let tries = 1; ; tries++) {
    const answers = await Promise.all(waitedFor.map(([, url]) => isReady(url)));
    waitedFor = waitedFor.filter((_, index) => !answers[index]);
    if (waitedFor.length === 0) return;
    if (tries === triesMax) {
      const names = waitedFor.map(([name, url]) => `${name} (${url})`).join(", ");
      throw new Error(`not ready: ${names}. docker compose -f infra/docker-compose.emulators.yaml logs says why`);
    }
    await pause();
  }
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
