import type { AskProvider, ProviderAnswer, ProviderQuestion } from "../../shared/providers/definition.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";

type Answered = ProviderAnswer | { readonly unreachable: string };

/** An answer with this status and body, JSON unless it is a text. */
export const answerOf = (status: number, body: unknown = "", headers: Readonly<Record<string, string>> = {}): ProviderAnswer => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** A provider that gives these answers in turn, the last one again and again; `asked` are the questions it got. */
export function askedProvider(...answers: readonly Answered[]): { readonly ask: AskProvider; readonly asked: ProviderQuestion[] } {
  const asked: ProviderQuestion[] = [];
  const ask: AskProvider = async (question) => {
    asked.push(question);
    return answers[Math.min(asked.length, answers.length) - 1]!;
  };
  return { ask, asked };
}

/** Asks a provider's recording endpoints, without a server. */
export const askRecording =
  (endpoints: RecordingEndpoints): AskProvider =>
  async ({ method, url, headers, body = "" }) => {
    const { pathname } = new URL(url);
    const { status, body: text = "", headers: own = {} } = endpoints.answer({ method, path: pathname, headers, body }) ?? { status: 404 };
    return answerOf(status, text, own);
  };
