import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { Resend } from "../../../shared/resends/resend.ts";
import { runningMax } from "../../../shared/resends/running-resends.ts";
import { workOnUnits } from "../../../shared/resends/work-on-units.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { openResendScene, type ResendScene } from "../../support/resend-scene.ts";

const day = 86_400_000;

describe("redeliveries and replays that are under way", () => {
  let scene: ResendScene;
  beforeEach(async () => {
    scene = await openResendScene();
  });
  afterEach(() => scene.close());

  const refusal = async (asked: Promise<unknown>): Promise<unknown> => {
    const problem = (await asked.then(
      () => expect.unreachable("it is not refused"),
      (error: unknown) => error,
    )) as Problem;
    expect(problem).toMatchObject({ code: "resend-running" });
    return problem.extensions!["running"];
  };

  it("send to a config one at a time: another one is refused, and told which is in the way", async () => {
    const { replay, redelivery } = scene.begin;
    const one = await replay({ config_id: "one" });
    const two = await redelivery({ config_id: "two" });
    const [first, second] = [
      { type: "replay", id: one.id },
      { type: "redelivery", id: two.id },
    ];
    expect(await refusal(replay({ config_id: "one", event_names: ["a"] }))).toEqual([first]);
    expect(await refusal(redelivery({ config_id: "one", reason: "x" }))).toEqual([first]);
    expect(await refusal(replay({ config_id: "two" }))).toEqual([second]);
    expect(await refusal(redelivery({ all: true }))).toEqual([first, second]);

    await scene.finish(one.id, "replay");
    await scene.finish(two.id, "redelivery");
    const all = await redelivery({ all: true });
    expect(await refusal(replay({ config_id: "three" }))).toEqual([{ type: "redelivery", id: all.id }]);
  });

  it("are four of a tenant at most, of which dry runs are in the way of no config", async () => {
    const begun = [await scene.begin.replay({ config_id: "one" })];
    while (begun.length < runningMax) {
      begun.push(await scene.begin.replay({ config_id: "one", dry_run: true }));
    }
    const running = begun.map(({ id }) => ({ type: "replay", id }));
    expect(await refusal(scene.begin.replay({ config_id: "two" }))).toEqual(running);
    expect(await refusal(scene.begin.redelivery({ all: true, dry_run: true }))).toEqual(running);

    await scene.finish(begun[1]!.id, "replay");
    await scene.begin.replay({ config_id: "two" });
  });

  it("are one when two are asked for at once, and four when ten are", async () => {
    const outcomesOf = async (asked: readonly Promise<unknown>[]) => {
      const outcomes = await Promise.allSettled(asked);
      return outcomes.filter(({ status }) => status === "fulfilled").length;
    };
    const ask = (config_id: string) => scene.begin.replay({ config_id });
    expect(await outcomesOf([ask("one"), ask("one")])).toBe(1);
    expect(await outcomesOf(Array.from({ length: 10 }, (_, at) => ask(`other-${at}`)))).toBe(runningMax - 1);
    expect(new Set((await scene.steps()).map(({ resend_id }) => resend_id)).size).toBe(runningMax);
  });

  it("are in nobody's way once they have made no step for a day", async () => {
    await scene.begin.replay({ config_id: "one" });
    await scene.clock.jump(day - 1);
    await refusal(scene.begin.replay({ config_id: "one" }));
    await scene.clock.jump(1);
    await scene.begin.replay({ config_id: "one" });
  });

  it("look at no more than 200 documents a second, though they send none of them", async () => {
    await scene.begin.replay({ config_id: "one", dry_run: true, per_second: 10_000 });
    const [step] = await scene.steps();
    const { document } = (await scene.store.get<Resend>("deliveries", step!.pk, step!.resend_id))!;
    const units = Array.from({ length: 100 }, (_, at) => ({ pk: step!.pk, id: `gone-${at}` }));
    const tally = await workOnUnits(scene.ports, scene.tenant, { ...document, units }, silentLog, "");
    expect(tally).toMatchObject({ counted: 0, resent: 0, nextSendAt: scene.clock.now() + 500 });
  });
});
