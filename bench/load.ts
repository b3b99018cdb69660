import autocannon from "autocannon";

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly body: string;
  readonly key?: string;
}

export interface Rate {
  /** Answers with status 202 per second. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Posts the same body as fast as the answers come. Throws when anything but 202 was answered. */
export async function load({ url, connections, seconds, body, key }: Load): Promise<Rate> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method: "POST",
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body,
  });
  if (result.errors + result.non2xx > 0) {
    throw new Error(`${result.errors} errors and ${result.non2xx} refusals at ${connections} connections`);
  }
  return { perSecond: result["2xx"] / result.duration, p50: result.latency.p50, p99: result.latency.p99 };
}

/** A page view as a server posts it. */
export function pageView(number: number): object {
  return {
    event_name: "pageview",
    page_url: `https://example.org/matches/${number % 97}`,
    page_title: "Match report",
    referrer: "https://www.example.com/search?q=carreau",
    user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    language: "sv-SE",
    visitor_id: `visitor-${number}`,
    context: { ip: `198.51.100.${number % 250}` },
    event_properties: { section: "matches", logged_in: false },
  };
}

/** The body of a request with `size` events; one alone is posted as itself. */
export function bodyOf(size: number): string {
  return JSON.stringify(size === 1 ? pageView(1) : { events: Array.from({ length: size }, (_, index) => pageView(index)) });
}
