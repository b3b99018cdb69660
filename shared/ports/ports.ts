import type { Clock } from "./clock.ts";
import type { DocumentStore } from "./document-store.ts";
import type { HttpClient } from "./http-client.ts";
import type { Log } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import type { Queue, QueueLevel } from "./queue.ts";
import type { Secrets } from "./secrets.ts";
import type { Telemetry } from "./telemetry.ts";

/** Everything outside that the gateway uses; a use case takes the narrowest `Pick` of it. */
export interface Ports {
  readonly store: DocumentStore;
  readonly queue: Queue;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly log: Log;
  /** Absent where nobody watches. */
  readonly telemetry?: Telemetry;
  /** How much waits in each queue that was ever used; only where asking is cheap, which it is not at a broker. */
  readonly queueLevels?: () => readonly QueueLevel[];
  /** Lets go of files and connections; nothing may be called after it. */
  close(): Promise<void>;
}
