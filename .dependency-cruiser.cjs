/** Who may import whom: the table of ARCHITECTURE.md, enforced. */
const rule = (name, comment, from, to) => ({ name, severity: "error", comment, from, to });
const ours = "^(functions|shared|demo|test|bench|scripts)/";
const ports = "^shared/ports/";
const problems = "^shared/problems/";

module.exports = {
  forbidden: [
    rule("no-file-cycles", "two files that need each other are one idea in two places", {}, { circular: true }),
    {
      name: "no-folder-cycles",
      severity: "error",
      comment: "capabilities depend on each other in one direction",
      scope: "folder",
      from: { path: "^shared/" },
      to: { circular: true },
    },
    rule(
      "nothing-imports-test",
      "tests import everything, nothing imports them",
      { path: "^(functions|shared|demo|scripts)/" },
      { path: "^(test|bench)/" },
    ),
    rule("problems-are-alone", "everyone needs them", { path: problems }, { path: ours, pathNot: problems }),
    rule(
      "ports-are-words",
      "a port speaks our words: interfaces, and types of capabilities",
      { path: ports },
      { path: ours, pathNot: [ports, problems], dependencyTypesNot: ["type-only"] },
    ),
    rule(
      "capabilities-know-no-adapter",
      "testable with plain objects",
      { path: "^shared/(events|consent|configs|delivery|insights|privacy|resends|signing|usage|tenants|visitors)/" },
      {
        path: ours,
        pathNot: [
          ports,
          problems,
          "^shared/(events|consent|configs|delivery|insights|privacy|resends|signing|usage|tenants|visitors)/",
          "^shared/providers/(definition|registry)\\.ts$",
        ],
      },
    ),
    rule(
      "provider-folders-are-islands",
      "a provider is its own folder",
      { path: "^shared/providers/([^/]+)/" },
      {
        path: ours,
        pathNot: [
          "^shared/providers/$1/",
          "^shared/providers/(adjustments|definition|event-words|recording-endpoint|text)\\.ts$",
          "^shared/events/event\\.ts$",
        ],
      },
    ),
    rule(
      "definition-knows-only-events",
      "",
      { path: "^shared/providers/definition\\.ts$" },
      { path: ours, pathNot: "^shared/events/event\\.ts$" },
    ),
    rule(
      "adapter-halves-never-meet",
      "each half runs without the other",
      { path: "^shared/adapters/(azure|embedded|common|telemetry)/" },
      { path: ours, pathNot: ["^shared/adapters/($1|common)/", ports, problems] },
    ),
    rule(
      "http-and-host-are-generic",
      "they know no use case",
      { path: "^shared/(http|host)/" },
      { path: ours, pathNot: ["^shared/$1/", ports, problems, "^shared/tenants/principal\\.ts$"] },
    ),
    rule("config-is-alone", "environment to typed config", { path: "^shared/config/" }, { path: ours, pathNot: "^shared/config/" }),
    rule(
      "composition-is-the-root",
      "the one place that names adapters",
      { path: "^shared/(?!composition/)" },
      { path: "^shared/composition/" },
    ),
    rule(
      "functions-are-thin",
      "parse, call one use case, map",
      { path: "^functions/(http|queue|timer)/" },
      {
        path: ours,
        pathNot: [
          "^functions/(http|queue|timer)/",
          "^shared/(events|consent|configs|delivery|insights|privacy|resends|signing|usage|tenants|visitors|http|problems|ports)/",
          "^shared/providers/(definition|registry)\\.ts$",
          "^shared/composition/compose-use-cases\\.ts$",
        ],
      },
    ),
    rule(
      "sdks-stay-in-their-adapter",
      "",
      { path: ours, pathNot: ["^shared/adapters/azure/", "^test/"] },
      { path: "node_modules/@azure/(?!functions)" },
    ),
    rule(
      "functions-sdk-stays-in-its-entry",
      "the embedded host runs without it",
      { path: ours, pathNot: ["^functions/(index|azure-functions-host)\\.ts$", "^test/"] },
      { path: "node_modules/@azure/functions/" },
    ),
    rule(
      "functions-host-is-generic",
      "it knows no use case",
      { path: "^functions/azure-functions-host\\.ts$" },
      { path: ours, pathNot: [ports, problems] },
    ),
    rule(
      "sqlite-stays-in-its-adapter",
      "",
      { path: ours, pathNot: ["^shared/adapters/embedded/", "^test/", "^bench/"] },
      { path: "^(node:)?sqlite$" },
    ),
    rule(
      "undici-stays-in-its-adapter",
      "",
      { path: ours, pathNot: ["^shared/adapters/common/", "^test/", "^bench/"] },
      { path: "node_modules/undici/" },
    ),
    rule(
      "opentelemetry-stays-in-its-adapter",
      "capabilities speak of spans and numbers; the SDK is loaded only to export them",
      { path: ours, pathNot: ["^shared/adapters/telemetry/", "^test/"] },
      { path: "node_modules/@opentelemetry/" },
    ),
    rule("no-unresolvable", "", {}, { couldNotResolve: true, pathNot: "^node:" }),
    rule(
      "no-dev-dependency-in-production",
      "",
      { path: "^(functions|shared)/" },
      { dependencyTypes: ["npm-dev"], pathNot: "node_modules/@types/" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      extensions: [".ts", ".mjs", ".js", ".json"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
