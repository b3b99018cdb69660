import { type CrowdVisitor, type Stance, visitorMarks } from "./consent-crowd.ts";
import type { TappedRequest } from "./wire-tap.ts";

/** A revocation that was answered is heard by requests that begin a second later (docs/adr/0008-consent-gate.md), and arrive as late as this busy process lets them. */
const heardWithinMs = 2_000;
/** An event that was posted, by the mark that it carries everywhere. */
export interface Posted {
  readonly visitor: CrowdVisitor;
  readonly mark: string;
  readonly day: number;
}

/** A config of the probed tenant; `name` stands in the path of its requests. */
export interface ProbedConfig {
  readonly provider: string;
  readonly id: string;
  readonly name: string;
  readonly requiresConsent: boolean;
}

/** When undecided visitors had granted, by the machine's time; what is not answered yet may or may not count. */
export class Grants {
  readonly #changes = new Map<number, { readonly at: number; readonly granted: boolean }[]>();

  constructor(crowd: readonly CrowdVisitor[]) {
    for (const { number } of crowd) {
      this.#changes.set(number, []);
    }
  }

  add(visitor: number, granted: boolean, at: number): void {
    this.#changes.get(visitor)!.push({ at, granted });
  }

  /** Whether a grant held at some moment from `from` to `to`. */
  heldBetween(visitor: number, from: number, to: number): boolean {
    const changes = this.#changes.get(visitor)!;
    return changes.some(({ at, granted }, index) => granted && at <= to && (changes[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= from);
  }
}

const mayIdentify = ({ visitor }: Posted, grants: Grants, at: number): boolean =>
  visitor.stance === "granted" || (visitor.stance === "undecided" && grants.heldBetween(visitor.number, at - heardWithinMs, at));

/** Stances whose events are counted without identity where no consent is required. */
const counted: readonly Stance[] = ["no_record", "denied", "expired", "revoked", "other_version", "other_tenant", "granted", "undecided"];

/** What of all requests should not have been, or is not there. */
export function judge(
  requests: readonly TappedRequest[],
  configs: readonly ProbedConfig[],
  posted: ReadonlyMap<string, Posted>,
  grants: Grants,
) {
  const leaked: string[] = [];
  const identified: string[] = [];
  const arrived = new Set<string>();
  const byNumber = new Map([...posted.values()].map((one) => [one.visitor.number, one]));
  const idsByDay = new Map<string, Set<number>>();
  let inFlight = 0;
  for (const { provider, config, at, text } of requests) {
    const isStrict = configs.some((one) => one.provider === provider && one.name === config && one.requiresConsent);
    const where = `${provider}/${config}`;
    const marks = new Set(text.match(/mark\d+x/g));
    for (const mark of marks) {
      const event = posted.get(mark)!;
      arrived.add(`${where} ${mark}`);
      if (isStrict && !mayIdentify(event, grants, at)) {
        leaked.push(`${where}: ${event.visitor.stance}`);
      } else if (isStrict && event.visitor.stance === "undecided" && !grants.heldBetween(event.visitor.number, at, at)) {
        inFlight++;
      }
      for (const id of marks.size === 1 && event.visitor.stance !== "granted" && event.visitor.stance !== "undecided" ? idsIn(text) : []) {
        const key = `${where} ${event.visitor.number} ${id}`;
        idsByDay.set(key, (idsByDay.get(key) ?? new Set()).add(event.day));
      }
    }
    for (const [, number] of text.matchAll(visitorMarks)) {
      const event = byNumber.get(Number(number))!;
      if (!mayIdentify(event, grants, at)) {
        identified.push(`${where}: ${event.visitor.stance}`);
      }
    }
  }
  const everywhere = configs.map(({ provider, name, requiresConsent }) => ({ where: `${provider}/${name}`, requiresConsent }));
  const missing = [...posted.values()].flatMap(({ visitor, mark }) =>
    everywhere
      .filter(({ requiresConsent }) => (requiresConsent ? visitor.stance === "granted" : counted.includes(visitor.stance)))
      .filter(({ where }) => !arrived.has(`${where} ${mark}`))
      .map(({ where }) => `${where}: ${visitor.stance}`),
  );
  // What many visitors send alike is nobody's id.
  const owners = new Map<string, number>();
  for (const key of idsByDay.keys()) {
    const id = key.split(" ")[2]!;
    owners.set(id, (owners.get(id) ?? 0) + 1);
  }
  const lasting = [...idsByDay]
    .filter(([key, days]) => days.size > 1 && owners.get(key.split(" ")[2]!)! <= everywhere.length)
    .map(([key]) => key);
  return { leaked, identified, lasting, missing, inFlight };
}

/** Whatever may be an id: long runs of letters and digits, as hashes, UUIDs and cookies are. */
const idsIn = (text: string): Set<string> => new Set(text.match(/[A-Za-z0-9_-]{16,}/g));
