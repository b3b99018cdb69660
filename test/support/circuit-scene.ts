import type { Config } from "../../shared/configs/config.ts";
import type { BreakerDocument } from "../../shared/delivery/breaker-store.ts";
import type { DispatchMessage } from "../../shared/delivery/messages.ts";
import { openDeliveryScene } from "./delivery-scene.ts";
import { status } from "./gateway-in-process.ts";

export type CircuitScene = Awaited<ReturnType<typeof openCircuitScene>>;

/** A tenant with the config `one`, whose circuit is to open and close. */
export async function openCircuitScene() {
  const scene = openDeliveryScene();
  await scene.config("one");
  const { id: tenantId } = scene.tenant;

  /** Posts events, a message each, and brings them to the dispatcher's queue. */
  const messages = async (count: number): Promise<DispatchMessage[]> => {
    const posted: DispatchMessage[] = [];
    for (let at = 0; at < count; at++) {
      const batch = await scene.post({ event_name: `e${at}` });
      await scene.fanOut(batch);
      posted.push(...(await scene.waiting()).filter(({ batch_id }) => batch_id === batch.batch_id));
    }
    return posted;
  };
  const dispatchAll = async (waiting: readonly DispatchMessage[]): Promise<void> => {
    for (const message of waiting) {
      await scene.dispatch(message);
    }
  };
  return {
    scene,
    messages,
    dispatchAll,
    /** Sends as many messages, each of which the provider answers with 500. */
    async failing(count: number): Promise<DispatchMessage[]> {
      scene.scene.answer = () => status(500);
      const sent = await messages(count);
      await dispatchAll(sent);
      return sent;
    },
    config: async () => (await scene.store.get<Config>("configs", tenantId, "one"))!.document,
    breaker: async () => (await scene.store.get<BreakerDocument>("breakers", tenantId, "one"))?.document,
    eventOf: async (message: DispatchMessage) => Object.values((await scene.delivery(message, "one"))!.events)[0]!,
  };
}
