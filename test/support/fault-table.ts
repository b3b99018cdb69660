import type { Fault } from "../../demo/faults.ts";
import { type Outcome, outcomes } from "../../shared/usage/hour-counters.ts";

/**
 * What becomes of three page views, sent together, where the provider keeps misbehaving: the outcome, the attempts that each event's receipt
 * shows, and after the slash all requests that were made; `!` where the config is in `error` by then. A dash: the provider has no such
 * answer. Delays are at their longest (30 s, tripled each time), so that an event of Plausible, which can't be told when it happened, is
 * too late (1 h) before its sixth attempt. 413 is halved down to single events. The visitor was not asked, and is somebody else with each
 * event at GA4. Umami takes batches if its config says so and its server was found to.
 */
const table = `
| fault          | ga4                       | matomo             | otlp                      | plausible               | posthog                 | umami                   | umami (batches)           |
|----------------|---------------------------|--------------------|---------------------------|-------------------------|-------------------------|-------------------------|---------------------------|
| none           | accepted_unverifiable 1/3 | delivered 1/1      | delivered 1/1             | delivered 1/3           | delivered 1/1           | delivered 1/3           | delivered 1/1             |
| 400            | rejected 1/3              | rejected 1/1       | rejected 1/1              | rejected 1/3            | rejected 1/1            | rejected 1/3            | rejected 1/1              |
| 401            | rejected 1/3!             | rejected 1/1!      | rejected 1/1!             | rejected 1/3            | rejected 1/1!           | rejected 1/3            | rejected 1/1              |
| 403            | rejected 1/3!             | rejected 1/1!      | rejected 1/1!             | rejected 1/3            | rejected 1/1!           | dropped_by_provider 1/3 | dropped_by_provider 1/1   |
| 404            | rejected 1/3              | rejected 1/1       | rejected 1/1              | rejected 1/3            | rejected 1/1            | rejected 1/3            | rejected 1/5              |
| 408            | dead_lettered 9/27!       | dead_lettered 9/9! | rejected 1/1              | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| 413            | rejected 1/3              | rejected 1/5       | rejected 1/5              | rejected 1/3            | rejected 1/5            | rejected 1/3            | rejected 1/5              |
| 429            | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| 500            | dead_lettered 9/27!       | dead_lettered 9/9! | rejected 1/1              | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| 502            | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| 503            | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| hang           | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| slow-body      | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| reset          | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| reset-mid-body | dead_lettered 9/27!       | dead_lettered 9/9! | dead_lettered 9/9!        | expired 5/15!           | dead_lettered 9/9!      | dead_lettered 9/27!     | dead_lettered 9/9!        |
| garbage        | accepted_unverifiable 1/3 | rejected 1/1       | accepted_unverifiable 1/1 | delivered 1/3           | delivered 1/1           | delivered 1/3           | accepted_unverifiable 1/1 |
| dropped        | accepted_unverifiable 1/3 | delivered 1/1      | dropped_by_provider 1/1   | dropped_by_provider 1/3 | -                       | dropped_by_provider 1/3 | accepted_unverifiable 1/1 |
| quota          | -                         | -                  | -                         | -                       | dropped_by_provider 1/1 | -                       | -                         |
`;

/** A cell of the table. */
export interface FaultCase {
  readonly slug: string;
  /** Sent to its endpoint for several events, where the provider has one beside that for single events. */
  readonly inBatches: boolean;
  readonly name: string;
  /** Absent where all is well. */
  readonly fault: Fault | undefined;
  /** Absent where the provider has no such answer. */
  readonly expected?: {
    readonly outcome: Outcome;
    readonly attempts: number;
    readonly requests: number;
    readonly configStatus: "active" | "error";
  };
}

const [header = [], , ...rows] = table
  .trim()
  .split("\n")
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** Every cell of the table. */
export const faultCases: readonly FaultCase[] = rows.flatMap(([name = "", ...cells]) =>
  cells.map((cell, at): FaultCase => {
    const [slug = "", way] = header[at + 1]!.split(" ");
    const common = { slug, inBatches: way !== undefined, name, fault: faultOf(name) };
    return cell === "-" ? common : { ...common, expected: read(cell) };
  }),
);

function faultOf(name: string): Fault | undefined {
  if (name === "none") {
    return undefined;
  }
  return /^\d+$/.test(name) ? { kind: "status", status: Number(name) } : ({ kind: name } as Fault);
}

function read(cell: string): NonNullable<FaultCase["expected"]> {
  const [, word, attempts, requests, mark] = /^(\w+) (\d+)\/(\d+)(!?)$/.exec(cell) ?? [];
  const outcome = outcomes.find((one) => one === word);
  if (outcome === undefined) {
    throw new Error(`not an outcome: ${cell}`);
  }
  return { outcome, attempts: Number(attempts), requests: Number(requests), configStatus: mark === "!" ? "error" : "active" };
}
