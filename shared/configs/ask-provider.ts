import type { Ports } from "../ports/ports.ts";
import type { AskProvider } from "../providers/definition.ts";

/**
 * Asks through the guarded HTTP client.
 * @param timeoutMs from the call to the last byte of the answer
 */
export const askProvider =
  ({ http }: Pick<Ports, "http">, timeoutMs: number): AskProvider =>
  async (question) => {
    const outcome = await http.send({ ...question, timeoutMs });
    return outcome.kind === "answer" ? outcome : { unreachable: outcome.reason };
  };
