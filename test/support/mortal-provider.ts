import { appendFileSync } from "node:fs";
import { startProviderServer } from "./provider-server.ts";

/**
 * All providers as one process that may be killed: what it took is in the file that its argument names before it answers.
 * Each line of the file is a JSON array of a config's label and an event's name.
 */
const [file = ""] = process.argv.slice(2);
const { url } = await startProviderServer(({ label }, own) => {
  const answer = own();
  const lines = (answer.recorded ?? []).map(({ name }) => `${JSON.stringify([label, name])}\n`);
  appendFileSync(file, lines.join(""));
  return answer;
});
process.stdout.write(`carreau listening on ${url}\n`);
