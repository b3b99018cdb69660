import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PathRouter } from "../../../shared/host/path-router.ts";

function routerOf(...templates: string[]): PathRouter<string> {
  const router = new PathRouter<string>();
  for (const template of templates) {
    router.add(template, template);
  }
  return router;
}

describe("finding the function of a path", () => {
  const router = routerOf(
    "analytics/events",
    "analytics/{provider}/events",
    "analytics/{provider}/configs/{id}",
    "v1/analytics/events",
    "{*path}",
    "",
  );

  it.each([
    ["/analytics/events", "analytics/events", {}],
    ["/analytics/events/", "analytics/events", {}],
    ["/analytics/acme/events", "analytics/{provider}/events", { provider: "acme" }],
    ["/analytics/events/events", "analytics/{provider}/events", { provider: "events" }],
    ["/analytics/acme/configs/7", "analytics/{provider}/configs/{id}", { provider: "acme", id: "7" }],
    ["/analytics/a%20b/configs/%C3%A5%2Fx", "analytics/{provider}/configs/{id}", { provider: "a b", id: "å/x" }],
    ["/analytics/__proto__/configs/constructor", "analytics/{provider}/configs/{id}", { provider: "__proto__", id: "constructor" }],
    ["/v1/analytics/events", "v1/analytics/events", {}],
    ["/", "", {}],
    ["/analytics", "{*path}", {}],
    ["/analytics/events/x/y/z", "{*path}", {}],
    ["/Analytics/Events", "{*path}", {}],
    ["/analytics//events", "{*path}", {}],
    ["/analytics/acme/configs//", "{*path}", {}],
    ["//analytics/events", "{*path}", {}],
    ["/analytics/%65vents", "{*path}", {}],
    ["*", "{*path}", {}],
  ])("%s → %s", (path, value, params) => {
    expect(router.find(path)).toEqual({ value, params });
  });

  it("prefers a literal, and takes the parameter where the literal leads nowhere", () => {
    const both = routerOf("a/b/c", "a/{x}/d", "{y}/b/e");
    expect(both.find("/a/b/c")?.value).toBe("a/b/c");
    expect(both.find("/a/b/d")).toEqual({ value: "a/{x}/d", params: { x: "b" } });
    expect(both.find("/a/b/e")).toEqual({ value: "{y}/b/e", params: { y: "a" } });
    expect(both.find("/a/b/f")).toBeUndefined();
  });

  it("keeps the names of each route's own parameters", () => {
    const named = routerOf("{provider}/configs", "{tenant}/keys");
    expect(named.find("/x/configs")?.params).toEqual({ provider: "x" });
    expect(named.find("/x/keys")?.params).toEqual({ tenant: "x" });
  });

  it.each(["/analytics/%/configs/7", "/analytics/acme/configs/%ff", "/analytics/%E0%A4%A/events"])(
    "throws a URIError for bad percent-encoding: %s",
    (path) => {
      expect(() => router.find(path)).toThrow(URIError);
    },
  );

  it("finds every path that is made of a template, with the values that were put in", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ minLength: 1 }), fc.boolean(), (provider, id, slash) => {
        const path = `/analytics/${encodeURIComponent(provider)}/configs/${encodeURIComponent(id)}${slash ? "/" : ""}`;
        expect(router.find(path)).toEqual({ value: "analytics/{provider}/configs/{id}", params: { provider, id } });
      }),
    );
  });
});
