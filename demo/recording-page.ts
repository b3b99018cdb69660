import type { Received } from "./received-events.ts";

const style = "body{font:15px/1.5 system-ui;margin:2rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}";

/** What providers received as a page that keeps itself up to date, in the order given. */
export function recordingPage(events: readonly Received[]): string {
  const head = ["At", "Provider", "Event", "Page", "Visitor's address", "User agent"]
    .map((text) => `<th scope="col">${text}</th>`)
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>What providers received</title><style>${style}</style><h1>What providers received</h1><table><thead><tr>${head}</tr></thead><tbody>${events.map(row).join("")}</tbody></table></html>`;
}

const row = ({ at, provider, name, url, visitor }: Received): string =>
  `<tr>${[at.slice(11, 19), provider, name, url ?? "", visitor.ip ?? "", visitor.user_agent ?? ""].map((text) => `<td>${escapeHtml(text)}</td>`).join("")}</tr>`;

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
