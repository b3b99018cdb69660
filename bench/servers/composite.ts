import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { v7 as uuid } from "uuid";
import { incomingEvent } from "../../shared/events/event.ts";
import { listen } from "./listen.ts";

/**
 * The least that any such gateway must do: read, parse, check against our schema, commit one row per event (WAL, FULL; what arrives in one
 * turn of the event loop commits together), answer 202 after the commit.
 */
const folder = process.env["CARREAU_DATA"]!;
mkdirSync(folder, { recursive: true });
const db = new DatabaseSync(join(folder, "composite.db"));
db.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
);
const insert = db.prepare("INSERT INTO events VALUES (?, ?)");
let waiting: { events: object[]; response: ServerResponse }[] = [];

function commit(): void {
  const group = waiting;
  waiting = [];
  db.exec("BEGIN IMMEDIATE");
  const answers = group.map(({ events }) =>
    events.map((event, index) => {
      const id = uuid();
      insert.run(id, JSON.stringify(event));
      return { index, id, status: "accepted" };
    }),
  );
  db.exec("COMMIT");
  for (const [index, { response }] of group.entries()) {
    const body = JSON.stringify({ results: answers[index] });
    response.writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
  }
}

function accept(text: string, response: ServerResponse): void {
  const body = JSON.parse(text) as { events?: unknown[] };
  const events = (body.events ?? [body]).map((event) => incomingEvent.parse(event));
  if (waiting.push({ events, response }) === 1) {
    setImmediate(commit);
  }
}

const server = createServer((message: IncomingMessage, response) => {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  message.on("end", () => accept(Buffer.concat(chunks).toString("utf8"), response));
});
listen(server);
