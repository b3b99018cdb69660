import { createServer } from "node:http";
import { listen } from "./listen.ts";

/** What HTTP alone costs: reads the body, answers 202. */
const server = createServer((message, response) => {
  message.resume();
  message.on("end", () => response.writeHead(202, { "content-length": 0 }).end());
});
listen(server);
