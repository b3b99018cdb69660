import { describe, expect, it } from "vitest";
import { loadEmbeddedConfig } from "../../../shared/config/embedded-config.ts";
import { ConfigError } from "../../../shared/config/settings.ts";

describe("the settings of a gateway on one machine", () => {
  it.each([
    ["PORT", "seven"],
    ["PORT", "-1"],
    ["PORT", "65536"],
    ["CARREAU_HOST", "nowhere.example"],
    ["CARREAU_ADMIN_KEY", "short"],
    ["CARREAU_ADMIN_KEY", `short${" ".repeat(20)}`],
    ["CARREAU_ALLOW_PRIVATE_TARGETS", "maybe"],
    ["CARREAU_DEMO", "yes please"],
    ["CARREAU_TRUSTED_PROXY_HOPS", "10"],
    ["CARREAU_TRUSTED_PROXY_HOPS", "-1"],
    ["CARREAU_COUNTRY_HEADER", "X Country"],
    ["CARREAU_LOG_LEVEL", "loud"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
  ])("refuse a wrong %s (%s), by its name", (name, value) => {
    const load = () => loadEmbeddedConfig({ [name]: value });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(new RegExp(`^${name}: [^;]+$`));
  });

  it("have a default for everything, and take an empty value for none", () => {
    expect(loadEmbeddedConfig({ PORT: "", CARREAU_LOG_LEVEL: "" })).toEqual(loadEmbeddedConfig({}));
    expect(loadEmbeddedConfig({ CARREAU_ADMIN_KEY: " a-key-of-sixteen \n" }).CARREAU_ADMIN_KEY).toBe("a-key-of-sixteen");
  });
});
