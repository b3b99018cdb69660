import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface HostSettings {
  readonly extensions: { readonly http: { readonly routePrefix: string } };
  readonly logging: {
    readonly logLevel: Readonly<Record<string, string>>;
    readonly applicationInsights: {
      readonly samplingSettings: { readonly excludedTypes: string };
      readonly httpAutoCollectionOptions: { readonly enableHttpTriggerExtendedInfoCollection: boolean };
    };
  };
}
const settings = JSON.parse(readFileSync(join(import.meta.dirname, "../../azure/host.json"), "utf8")) as HostSettings;

describe("the settings of the Functions host", () => {
  it("record no request of its own, whose URL holds site keys and visitors' ids", () => {
    const { logLevel, applicationInsights } = settings.logging;
    // The category that request telemetry is made from: not even failures, which carry the URL too.
    expect(logLevel["Host.Results"]).toBe("None");
    expect(applicationInsights.httpAutoCollectionOptions.enableHttpTriggerExtendedInfoCollection).toBe(false);
  });

  it("leave out lines of the platform about requests, whoever writes them", () => {
    const { logLevel } = settings.logging;
    for (const category of ["Microsoft", "Azure"]) {
      expect(logLevel[category]).toBe("Warning");
    }
    // A longer prefix would win over these.
    expect(Object.keys(logLevel).filter((category) => /^(?:Microsoft|Azure|System)\./.test(category))).toEqual([]);
  });

  it("keep every line of ours, on which alarms are built", () => {
    expect(settings.logging.logLevel["default"]).toBe("Information");
    expect(settings.logging.applicationInsights.samplingSettings.excludedTypes.split(";")).toContain("Trace");
  });
});
