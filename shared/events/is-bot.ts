import { isbot } from "isbot";

const remembered = new Map<string, boolean>();
const rememberedMax = 1000;

/** Whether a user agent is a bot's, by the isbot list; few agents make most of the traffic, so the newest answers are remembered. */
export function isBot(userAgent: string): boolean {
  let bot = remembered.get(userAgent);
  if (bot === undefined) {
    bot = isbot(userAgent);
    if (remembered.size >= rememberedMax) {
      remembered.delete(remembered.keys().next().value!);
    }
    remembered.set(userAgent, bot);
  }
  return bot;
}
