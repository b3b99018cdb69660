import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { register } from "../../functions/register.ts";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { messagesInHand } from "../../shared/composition/queue-settings.ts";
import { PathRouter } from "../../shared/host/path-router.ts";
import type { HttpFunction, QueueFunction, TimerFunction } from "../../shared/ports/function-host.ts";
import { problems } from "../../shared/problems/catalogue.ts";
import type { Call, Seen } from "../support/load-azure-bundle.ts";
import { makeFolder } from "../support/make-folder.ts";

const root = join(import.meta.dirname, "../..");
const settings = {
  COSMOS_CONNECTION__accountEndpoint: "http://127.0.0.1:1/",
  SERVICEBUS_CONNECTION: "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=YQ==;UseDevelopmentEmulator=true",
  KEYVAULT_URL: "http://127.0.0.1:1",
};

/** What the list of functions holds. */
function listed() {
  const http = new Map<string, HttpFunction>();
  const queues = new Map<string, QueueFunction>();
  const timers = new Map<string, TimerFunction>();
  const use = new Proxy({}, { get: () => async () => undefined }) as UseCases;
  register(
    {
      http: (name, options) => http.set(name, options),
      serviceBusQueue: (name, options) => queues.set(name, options),
      timer: (name, options) => timers.set(name, options),
    },
    use,
    { trustedProxyHops: 0, now: () => 0 },
  );
  return { http, queues, timers };
}

/** A path per combination of a route's own and other routes' segments: where two routes could both match. */
function pathsOf(routes: readonly string[]): string[] {
  const segments = routes.map((route) => route.split("/").filter((segment) => segment !== "" && !segment.startsWith("{*")));
  const literalsAt = (index: number) => segments.map((of) => of[index]).filter((of) => of !== undefined && !of.startsWith("{")) as string[];
  const notEmpty = segments.filter((of) => of.length > 0);
  return notEmpty.flatMap((of) =>
    of.reduce<string[]>(
      (paths, segment, index) =>
        (segment.startsWith("{") ? [...new Set(literalsAt(index)), "some"] : [segment]).flatMap((value) =>
          paths.map((path) => `${path}/${value}`),
        ),
      [""],
    ),
  );
}

/** As the host does: by function name without regard to case, the first whose template fits. */
function firstMatch(functions: readonly { name: string; route: string }[], path: string): string | undefined {
  const upper = (name: string) => name.toUpperCase();
  const inOrder = [...functions].sort((a, b) => (upper(a.name) < upper(b.name) ? -1 : 1));
  const fits = (route: string) => {
    const pattern = route.replace(/\{\*\w+\}/g, ".*").replace(/\{\w+:maxlength\(0\)\?\}/g, "");
    return new RegExp(`^/${pattern.replace(/\{\w+\}/g, "[^/]+")}$`, "i").test(path);
  };
  return inOrder.find(({ route }) => fits(route))?.name;
}

describe("the bundle for Azure Functions", () => {
  const own = makeFolder();
  const folder = join(own.path, "dist");
  let seen: Seen;

  const load = (env: Record<string, string>, calls: readonly Call[] = []) =>
    spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "test/support/load-azure-bundle.ts", folder, JSON.stringify(calls)],
      { cwd: root, env, encoding: "utf8" },
    );
  const calls: Call[] = [
    { function: "root", url: "http://localhost/" },
    ...Object.keys(problems).map((code) => ({ function: "problems-z-code", url: `http://localhost/problems/${code}`, params: { code } })),
    { function: "v1-admin-tenants", url: "http://localhost/v1/admin/tenants", headers: { authorization: "Bearer whoever" } },
  ];

  beforeAll(() => {
    const built = spawnSync(process.execPath, ["scripts/build.mjs", folder], { cwd: root, env: {}, encoding: "utf8" });
    expect(built.stderr).toBe("");
    const { stdout, stderr } = load(settings, calls);
    expect(stdout, stderr).toMatch(/^\{/);
    seen = JSON.parse(stdout) as Seen;
  }, 120_000);
  afterAll(own.remove);

  const http = () =>
    seen.registered.flatMap(({ name, bindings }) => {
      const trigger = bindings.find(({ type }) => type === "httpTrigger");
      return trigger === undefined ? [] : [{ name, route: trigger["route"] as string, trigger, bindings }];
    });

  it("registers every HTTP function that is listed, open to every method", () => {
    const expected = [...listed().http].map(([name, { methods, authLevel, route }]) => ({ name, methods, authLevel, route }));
    const actual = http().map(({ name, route, trigger, bindings }) => {
      expect(bindings).toContainEqual(expect.objectContaining({ type: "http", direction: "out" }));
      return { name, methods: trigger["methods"], authLevel: trigger["authLevel"], route };
    });
    const asOnHost = ({ name, route, ...rest }: (typeof expected)[number]) => {
      const onHost = route === "{*path}" ? `zz-${name}` : name;
      return { ...rest, name: onHost, route: route === "" ? "{ignored:maxlength(0)?}" : route };
    };
    expect(expected.length).toBeGreaterThan(20);
    expect(actual).toEqual(expected.map(asOnHost));
    expect(new Set(actual.map(({ authLevel }) => authLevel))).toEqual(new Set(["anonymous"]));
  });

  it("has as many messages of a queue in work as the embedded host", () => {
    const { extensions } = JSON.parse(readFileSync(join(root, "azure/host.json"), "utf8"));
    expect(extensions.serviceBus.maxConcurrentCalls).toBe(messagesInHand);
  });

  it("registers a trigger per queue, one message at a time", () => {
    const triggers = seen.registered.flatMap(({ name, bindings }) =>
      bindings.filter(({ type }) => type === "serviceBusTrigger").map((trigger) => ({ name, trigger })),
    );
    const expected = [...listed().queues].map(([name, { connection, queueName }]) => ({ name, connection, queueName }));
    expect(expected.length).toBeGreaterThan(2);
    expect(triggers.map(({ name, trigger }) => ({ name, connection: trigger["connection"], queueName: trigger["queueName"] }))).toEqual(
      expected,
    );
    expect(triggers.map(({ trigger }) => trigger["cardinality"])).toEqual(expected.map(() => "one"));
    expect(expected.map(({ connection }) => connection)).toEqual(expected.map(() => "SERVICEBUS_CONNECTION"));
  });

  it("registers a trigger per schedule", () => {
    const triggers = seen.registered.flatMap(({ name, bindings }) =>
      bindings.filter(({ type }) => type === "timerTrigger").map((trigger) => [name, trigger["schedule"]]),
    );
    expect(triggers).toEqual([...listed().timers].map(([name, { schedule }]) => [name, schedule]));
    expect(triggers.length).toBeGreaterThan(1);
  });

  it("names functions as the host allows, each once", () => {
    const names = seen.registered.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z][a-z0-9_-]{0,127}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("gives each path to the same function as the embedded host, in the host's own order", () => {
    const router = new PathRouter<string>();
    for (const [name, { route }] of listed().http) {
      router.add(route, name === "not-found" ? "zz-not-found" : name);
    }
    const functions = http();
    const paths = ["/", "/nothing", "/problems", "/v2/analytics/events", ...pathsOf([...listed().http.values()].map(({ route }) => route))];
    expect(paths.length).toBeGreaterThan(60);
    const differing = paths.filter((path) => firstMatch(functions, path) !== router.find(path)?.value);
    expect(differing).toEqual([]);
  });

  it("closes what it opened when the host stops", () => {
    expect(seen.hooks).toEqual(["appStart", "appTerminate"]);
  });

  it("connects to nothing while it loads, and when a function needs it", () => {
    expect(seen.connectsAtLoad).toBe(0);
    expect(seen.answers.at(-1)!.status).toBe(503);
    expect(seen.connectsByCalls).toBeGreaterThan(0);
  });

  it("holds the status page, with the policy that lets its script run", () => {
    const page = readFileSync(join(root, "functions/http/status-page.html"), "utf8");
    const [answer] = seen.answers;
    expect(answer).toMatchObject({ status: 200, body: page });
    const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
    expect(answer!.headers["content-security-policy"]).toContain(createHash("sha256").update(script).digest("base64"));
  });

  it("holds the page of every problem", () => {
    const pages = seen.answers.slice(1, -1);
    const expected = Object.keys(problems).map((code) => readFileSync(join(root, `docs/problems/${code}.md`), "utf8"));
    expect(pages.map(({ body }) => body)).toEqual(expected);
  });

  it("logs one line of JSON per request", () => {
    const lines = seen.logged.map((line) => JSON.parse(line) as { event: string; path: string; status: number });
    expect(lines.map(({ event }) => event)).toEqual(calls.map(() => "request"));
    expect(lines[0]).toMatchObject({ path: "/", status: 200 });
  });

  it.each(["KEYVAULT_URL", "SERVICEBUS_CONNECTION", "CARREAU_LOG_LEVEL"])("refuses to load with a wrong %s, by its name", (name) => {
    const { status, stdout, stderr } = load({ ...settings, [name]: "wrong" });
    expect(status).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain(`ConfigError: ${name}: `);
  });

  it("is a folder that needs nothing else", () => {
    const { main, type } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { main: string; type: string };
    expect([main, type]).toEqual(["index.js", "commonjs"]);
    expect(readdirSync(folder).sort()).toEqual(["docs", "functions", "host.json", "index.js", "index.js.map", "package.json"]);
    expect(readFileSync(join(folder, "host.json"), "utf8")).toBe(readFileSync(join(root, "azure/host.json"), "utf8"));
    expect(statSync(join(folder, "index.js")).size).toBeLessThan(3_500_000);
  });
});
