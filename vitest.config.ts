import { defineConfig } from "vitest/config";

const common = { testTimeout: 90_000, hookTimeout: 90_000, execArgv: ["--disable-warning=ExperimentalWarning"] };
/** What must hold on the cloud's services as it does on one machine. */
const onBothFamilies = [
  "main-job",
  "batches",
  "config-versions",
  "tenant-walls",
  "fuzz",
  "http",
  "request-forms",
  "consent-configs",
  "consent-public",
  "consent-records",
  "redelivery",
  "consent-practice",
];

export default defineConfig({
  test: {
    // One more than the cores this is made for: some always wait for a disk or a process.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: "one machine", include: ["test/**/*.test.ts"] } },
      {
        test: {
          ...common,
          name: "azure",
          include: onBothFamilies.map((name) => `test/e2e/${name}.test.ts`),
          env: { CARREAU_TEST_ENTRY: "test/emulators/start-azure.ts" },
        },
      },
    ],
  },
});
