import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sendRequests } from "../../../shared/delivery/send-requests.ts";
import type { DeliverableEvent } from "../../../shared/events/event.ts";
import type { OutgoingRequest } from "../../../shared/ports/http-client.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { providers } from "../../../shared/providers/registry.ts";
import { configVariant, personal, personalAddresses, sentEvents } from "../../support/arbitrary-config.ts";
import { exampleConfig } from "../../support/example-config.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const page = "https://shop.example/members/jane-marker?email=jane%40marker.example&name=J%C3%A5ne+Marker&n=7#tab-marker";
const properties = { plan: "marker-plan-5d1f", phone: 46701234567, deep: { list: ["Åsa Marker & Co"] } };
const marks = [...Object.values(personal), ...personalAddresses, "marker", "46701234567", "5d1f"].map((mark) => mark.toLowerCase());

/** All texts within what was sent: the body as a whole and its pieces, the URL, and the headers about the visitor. */
function piecesOf({ url, body = "", headers }: OutgoingRequest): string[] {
  const own = Object.entries(headers).filter(([name]) => /forwarded|agent/i.test(name));
  const leaves = leavesOf(parse(body));
  const queries = leaves.filter((leaf) => leaf.startsWith("?")).flatMap((query) => [...new URLSearchParams(query).values()]);
  return [body, url, ...leaves, ...queries, ...own.map(([, value]) => value)];
}

const leavesOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** How a server may quote what it got. */
const quotes: readonly ((piece: string) => string)[] = [
  (piece) => `unknown visitor ${piece}`,
  (piece) => `got:${piece}, which is not allowed`,
  (piece) => JSON.stringify({ errors: [{ detail: JSON.stringify({ value: piece }) }] }),
  (piece) => `{"value":"${JSON.stringify(piece).slice(1, -1).replaceAll("/", "\\/")}"}`,
  (piece) => `no such page: /v1/t?value=${encodeURIComponent(piece.toWellFormed())}&x=1`,
  (piece) => `?${new URLSearchParams({ value: piece })}`,
  (piece) => `<p>Not &quot;${piece.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("'", "&#039;")}&quot;</p>`,
  (piece) => `too long: '${piece.startsWith("{") ? piece : piece.slice(0, 40)}…'`,
];

describe.each(providers.map((definition) => [definition.slug, definition] as const))("an answer of %s that is kept", (_, definition) => {
  it("holds nothing personal of the request, however it is quoted", async () => {
    const config = await exampleConfig(definition, "https://server.example/base");
    const kept: string[] = [];
    const sent = fc.tuple(sentEvents, configVariant(definition, config), fc.constantFrom(...quotes), fc.nat());
    await fc.assert(
      fc.asyncProperty(sent, async ([events, variant, quote, chosen]) => {
        const send = async (request: OutgoingRequest) => {
          const pieces = piecesOf(request);
          return { kind: "answer", status: 400, headers: {}, body: quote(pieces[chosen % pieces.length]!) } as const;
        };
        const ports = { http: { send }, clock: new FakeClock() } as unknown as Pick<Ports, "http" | "clock">;
        const marked = events.map((event): DeliverableEvent => ({ ...event, page_url: page, event_properties: properties }));
        const { results } = await sendRequests(ports, definition, variant, marked);
        const answers = results.flatMap(({ attempt }) => attempt?.answer ?? []);
        kept.push(...answers);
        for (const answer of answers) {
          expect(
            marks.filter((mark) => answer.toLowerCase().includes(mark)),
            answer,
          ).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
    expect(kept.filter((answer) => answer.includes("[REDACTED_")).length).toBeGreaterThan(10);
    expect(kept.filter((answer) => !answer.includes("[REDACTED_")).length).toBeGreaterThan(10);
  });
});
