import { describe, expect, it } from "vitest";
import { looksLikeSecret } from "../../../../shared/ports/secret-reference.ts";
import matomo from "../../../../shared/providers/matomo/index.ts";
import recording from "../../../../shared/providers/matomo/recording.ts";

const token = recording.exampleSecrets!["matomo-token-auth"]!;
const superToken = token.replace("write3", "super3");
const post = (body: string, path = "/matomo.php") => recording.answer({ method: "POST", path, headers: {}, body });
const sendBatch = (requests: unknown[], others: object = {}) => post(JSON.stringify({ requests, ...others }));
const page = "?idsite=1&rec=1&url=https%3A%2F%2Fshop.example%2F";
const firefox = encodeURIComponent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
const yesterday = Math.floor(Date.now() / 1000) - 100_000;

describe("Matomo's recording server", () => {
  it.each([
    ["a page view", page, undefined, "tracked", "pageview"],
    ["an object instead of a query", { idsite: "1", rec: "1", url: "https://shop.example/" }, undefined, "tracked", "pageview"],
    ["an event", `${page}&ca=1&e_c=Videos&e_a=Play`, undefined, "tracked", "Play"],
    ["an event without category, that is no page view", `${page}&ca=1&e_c=%20&e_a=Play`, undefined, "tracked", undefined],
    ["an event without category, that counts as a page view", `${page}&e_a=Play`, undefined, "tracked", "pageview"],
    ["a click", `${page}&ca=1&link=https%3A%2F%2Fpartner.example%2F`, undefined, "tracked", "link"],
    ["an order", `${page}&idgoal=0&ec_id=A-1&revenue=5`, undefined, "tracked", "order"],
    ["no rec", page.replace("&rec=1", ""), undefined, "tracked", undefined],
    ["a bot", `${page}&ua=Googlebot%2F2.1`, undefined, "tracked", undefined],
    ["an unknown website", page.replace("idsite=1", "idsite=2"), token, "invalid", undefined],
    ["an address with a token", `${page}&cip=203.0.113.7`, token, "tracked", "pageview"],
    ["an address without a token", `${page}&cip=203.0.113.7`, undefined, "invalid", undefined],
    ["an address with a wrong token", `${page}&cip=203.0.113.7`, "wrong", "invalid", undefined],
    ["an address without a token, and no rec", "?idsite=1&cip=0.0.0.0", undefined, "invalid", undefined],
    ["no address", `${page}&cip=shop.example`, token, "invalid", undefined],
    ["a recent time without a token", `${page}&cdt=${yesterday + 50_000}`, undefined, "tracked", "pageview"],
    ["an old time without a token", `${page}&cdt=${yesterday}`, undefined, "invalid", undefined],
    ["an old time with a token", `${page}&cdt=${yesterday}`, token, "tracked", "pageview"],
    ["a visitor id that is none", `${page}&cid=abc`, token, "invalid", undefined],
  ])("looks at %s as the provider's server does", (_, request, token_auth, result, name) => {
    const answer = sendBatch([request], { token_auth });
    const counts = result === "tracked" ? { tracked: 1, invalid: 0 } : { tracked: 0, invalid: 1 };
    expect(answer).toMatchObject({ status: 200, body: { status: "success", ...counts } });
    expect(answer?.recorded?.map((event) => event.name)).toEqual(name === undefined ? [] : [name]);
  });

  it("tells super users only which requests are invalid", () => {
    const requests = [page, "?idsite=9&rec=1"];
    expect(sendBatch(requests, { token_auth: superToken })?.body).toEqual({
      status: "success",
      tracked: 1,
      invalid: 1,
      invalid_indices: [1],
    });
    expect(sendBatch(requests, { token_auth: token })?.body).toEqual({ status: "success", tracked: 1, invalid: 1 });
  });

  it("knows a visitor by the id, or else by what is seen", () => {
    const visitors = ["&uid=user-42", "&_id=af344a398df83874", `&ua=${firefox}`, `&ua=${firefox}`, `&ua=${firefox}&lang=sv`].map(
      (more) => page + more,
    );
    const ids = sendBatch(visitors)?.recorded?.map(({ visitor }) => visitor.id);
    expect(ids?.slice(0, 2)).toEqual(["user-42", "af344a398df83874"]);
    expect(ids).toHaveLength(5);
    expect(ids?.[2]).toBe(ids?.[3]);
    expect(ids?.[2]).not.toBe(ids?.[4]);
  });

  it("says nothing to a batch that wants no answer, and reads single requests", () => {
    expect(sendBatch([page], { send_image: 0 })).toMatchObject({ status: 204, recorded: [{ name: "pageview" }] });
    expect(post(page.slice(1))).toMatchObject({ status: 200, headers: { "content-type": "image/gif" }, recorded: [{ name: "pageview" }] });
    expect(post(`${page.slice(1)}&send_image=0&cip=203.0.113.7&token_auth=${token}`)).toMatchObject({ status: 204 });
    expect(post(`${page.slice(1)}&cip=203.0.113.7`)?.status).toBe(400);
    expect(post("")?.status).toBe(400);
    expect(post('{"requests":')?.status).toBe(400);
    expect(post("", "/index.php")).toBeUndefined();
    expect(recording.answer({ method: "GET", path: "/matomo.php", headers: {}, body: "" })).toMatchObject({ status: 200 });
  });

  it("takes nothing while its operator excludes everybody, and says yes", () => {
    const request = { method: "POST", path: "/matomo.php", headers: {}, body: JSON.stringify({ requests: [page] }) };
    expect(recording.refusals?.dropped?.(request)).toMatchObject({ body: { tracked: 1 }, recorded: [] });
  });

  it("has settings that make a config, with a reference for the token", () => {
    const { credentials, ...own } = recording.exampleSettings("https://analytics.example");
    expect(matomo.settings.safeParse(own).success).toBe(true);
    expect(matomo.credentials.safeParse(credentials).success).toBe(true);
    expect(matomo.credentials.safeParse({}).success).toBe(false);
    expect(looksLikeSecret((credentials as { token_auth_ref: string }).token_auth_ref)).toBe(false);
    expect(matomo.targets(matomo.settings.parse(own))).toEqual(["https://analytics.example"]);
  });

  it.each([
    { site_id: 0 },
    { site_id: "1" },
    { site_id: 1.5 },
    { instance_url: "https://analytics.example/matomo.php" },
    { instance_url: "https://analytics.example/?module=API" },
    { instance_url: "analytics.example" },
    { instance_url: undefined },
    { currency: "euro" },
    { custom_dimensions: { plan: 0 } },
    { token_auth: "in the open" },
  ])("refuses the settings %j", (fields) => {
    const { credentials, ...own } = recording.exampleSettings("https://analytics.example");
    expect(matomo.settings.safeParse({ ...own, ...fields }).success).toBe(false);
  });
});
