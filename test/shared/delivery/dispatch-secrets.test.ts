import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";

describe("a provider that refuses the credentials", () => {
  let scene: DeliveryScene;
  /** What the vault has; the cache of secrets knows the old value until it is told to refresh. */
  let newest: string;
  let refreshes: number;
  let readFor: string[];
  beforeEach(() => {
    scene = openDeliveryScene();
    scene.scene.provider = fakeProvider({ secretsToSend: ["token_ref"] });
    newest = "old";
    refreshes = 0;
    readFor = [];
    scene.ports.secrets.get = async (tenant, _reference, options) => {
      readFor.push(tenant);
      refreshes += options?.refresh ? 1 : 0;
      return options?.refresh ? newest : "old";
    };
  });
  afterEach(() => scene.close());

  const sendTo = async (statusOf: (token: string | undefined, name: string) => number, events: readonly object[] = [{}]) => {
    scene.scene.answer = ({ headers, body }) => status(statusOf(headers["authorization"], JSON.parse(body ?? "[]")[0]));
    await scene.config("one", { credentials: { token_ref: "acme-token" } });
    await scene.fanOut(await scene.post(...events));
    const [message] = await scene.waiting();
    await scene.dispatch(message!);
    return Object.values((await scene.delivery(message!, "one"))!.events);
  };

  it.each([401, 403])("is asked again at once with the vault's newer secret after a %i", async (refusal) => {
    newest = "new";
    expect(await sendTo((token) => (token === "new" ? 200 : refusal))).toMatchObject([
      { outcome: "delivered", attempts: [{ status: 200 }] },
    ]);
    expect(scene.requests.map(({ headers }) => headers["authorization"])).toEqual(["old", "new"]);
    expect(readFor).toEqual(["tenant-a", "tenant-a"]);
  });

  it("is asked again for what it refused only", async () => {
    newest = "new";
    const events = [{ event_name: "a" }, { event_name: "b" }];
    const outcomes = await sendTo((token, name) => (token === "new" || name === "a" ? 200 : 401), events);
    expect(outcomes).toMatchObject([{ outcome: "delivered" }, { outcome: "delivered" }]);
    expect(scene.requests.map(({ body }) => body)).toEqual(['["a"]', '["b"]', '["b"]']);
  });

  it("has its refusal stand where the vault knows nothing newer", async () => {
    expect(await sendTo(() => 401)).toMatchObject([{ outcome: "rejected", reason: "status 401" }]);
    expect([scene.requests.length, refreshes]).toEqual([1, 1]);
  });

  it("is not asked again after any other answer", async () => {
    newest = "new";
    expect(await sendTo(() => 400)).toMatchObject([{ outcome: "rejected" }]);
    expect([scene.requests.length, refreshes]).toEqual([1, 0]);
  });
});
