import { z } from "zod";
import type { AskProvider } from "../definition.ts";
import { parseJson, urlUnder } from "../text.ts";
import type { Settings } from "./settings.ts";

/**
 * An item that every version refuses: of no type that there is, and of no website, so that there is nowhere to store it. An empty array
 * would not do: servers of 3.0.0 and 3.0.1 take it, and fail at the first item of any other.
 */
const refusedItem = { type: "none", payload: {} };

const batchAnswer = z.looseObject({ details: z.tuple([z.looseObject({ index: z.literal(0) })]) });

/** Whether the server takes several events in one request, found out without one: its answer must name the item as refused. */
export async function takesBatches({ instance_url, batch_path }: Settings, ask: AskProvider): Promise<boolean> {
  const answer = await ask({
    method: "POST",
    url: urlUnder(instance_url, batch_path),
    headers: { "content-type": "application/json", "user-agent": "" },
    body: JSON.stringify([refusedItem]),
  });
  return "status" in answer && answer.status === 200 && batchAnswer.safeParse(parseJson(answer.body)).success;
}
