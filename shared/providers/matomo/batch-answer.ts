import { z } from "zod";
import { parseJson } from "../text.ts";

const schema = z.looseObject({
  status: z.enum(["success", "error"]),
  tracked: z.int().min(0),
  invalid: z.int().min(0),
  invalid_indices: z.array(z.int().min(0)).optional(),
});

/**
 * What a server says of a batch (plugins/BulkTracking/Tracker/Response.php). `tracked` counts also what it left out on purpose (bots,
 * excluded addresses, spam), and a server that queues (plugin QueuedTracking) counts before it looks. `invalid_indices` is said to
 * the tokens of super users only.
 */
export type BatchAnswer = z.infer<typeof schema>;

/** Reads the answer to a batch; `undefined` for what is none. */
export const parseBatchAnswer = (body: string): BatchAnswer | undefined => schema.safeParse(parseJson(body)).data;
