import { dispatchQueue } from "../shared/delivery/messages.ts";
import { eventsQueue } from "../shared/events/events-message.ts";
import type { QueueSettings } from "../shared/ports/queue.ts";
import type { ProviderDefinition } from "../shared/providers/definition.ts";

/** Longer than the last retry is away (27 h), and no longer than a visitor's address may exist (spec 5.1). */
const messageTtlMs = 48 * 3_600_000;
/** Microsoft's emulator takes no more; a retry that is further away starts its life when it is due. */
const emulatorTtlMsMax = 3_600_000;
const emulatorWindowMsMax = 300_000;

/** A queue and the function that empties it. */
interface QueueOfFunction {
  readonly name: string;
  readonly function: string;
}

/** The queues of a gateway that knows these providers. */
export const queuesOf = (providers: readonly Pick<ProviderDefinition, "slug">[]): readonly QueueOfFunction[] => [
  { name: eventsQueue, function: "fan-out" },
  ...providers.map(({ slug }) => ({ name: dispatchQueue(slug), function: `dispatch-${slug}` })),
];

/** What Bicep makes the queues from, by path. */
export function infraFiles(
  providers: readonly Pick<ProviderDefinition, "slug">[],
  settings: QueueSettings,
): Readonly<Record<"infra/queues.json" | "infra/emulators/servicebus.json", string>> {
  const queues = queuesOf(providers);
  return {
    "infra/queues.json": asFile({ settings: bicepSettings(settings), queues }),
    "infra/emulators/servicebus.json": asFile(emulatorConfig(queues, settings)),
  };
}

/**
 * An expired message is not kept as a dead letter: it may hold a visitor's address (decision 10), and the sweep sends what it was about
 * again from the store.
 */
const bicepSettings = ({ lockMs, deliveriesMax, duplicateWindowMs }: QueueSettings) => ({
  lockDuration: duration(lockMs),
  maxDeliveryCount: deliveriesMax,
  defaultMessageTimeToLive: duration(messageTtlMs),
  duplicateDetectionHistoryTimeWindow: duration(duplicateWindowMs),
  requiresDuplicateDetection: true,
  deadLetteringOnMessageExpiration: false,
  requiresSession: false,
});

const emulatorConfig = (queues: readonly QueueOfFunction[], { lockMs, deliveriesMax, duplicateWindowMs }: QueueSettings) => ({
  UserConfig: {
    Namespaces: [
      {
        // The one name that the emulator accepts.
        Name: "sbemulatorns",
        Queues: queues.map(({ name }) => ({
          Name: name,
          Properties: {
            DeadLetteringOnMessageExpiration: false,
            DefaultMessageTimeToLive: duration(Math.min(messageTtlMs, emulatorTtlMsMax)),
            DuplicateDetectionHistoryTimeWindow: duration(Math.min(duplicateWindowMs, emulatorWindowMsMax)),
            ForwardDeadLetteredMessagesTo: "",
            ForwardTo: "",
            LockDuration: duration(lockMs),
            MaxDeliveryCount: deliveriesMax,
            RequiresDuplicateDetection: true,
            RequiresSession: false,
          },
        })),
        Topics: [],
      },
    ],
    Logging: { Type: "Console" },
  },
});

/** ISO 8601, in the largest unit that leaves no rest: `PT1M`, `PT10M`, `P2D`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds % 86_400 === 0) return `P${seconds / 86_400}D`;
  if (seconds % 3_600 === 0) return `PT${seconds / 3_600}H`;
  return seconds % 60 === 0 ? `PT${seconds / 60}M` : `PT${seconds}S`;
}

const asFile = (content: object): string => `${JSON.stringify(content, undefined, 2)}\n`;
