// npm run build [-- FOLDER]: bundles the gateway for Azure Functions into a folder that can be deployed as it is, and tries to load it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { build } from "esbuild";
import { projectNode, root } from "./setup.mjs";

/** What our files read beside themselves; it keeps its place in the folder. */
const besides = ["functions/http/status-page.html", "docs/problems"];

/**
 * A bundle has one place, and as CommonJS no `import.meta`: each of our files that asks for its URL gets the one that it would have
 * if the source tree began where the bundle is.
 */
const keepUrls = {
  name: "keep-urls",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const place = JSON.stringify(relative(root, path).split(sep).join("/"));
      const url = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${place})).href`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", () => url), loader: "ts" };
    });
  },
};

/** The validator brings its messages in 50 languages, a tenth of the bundle; we use English. */
const englishOnly = {
  name: "english-only",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer, resolveDir }) =>
      /[\\/]zod[\\/]v4[\\/]/.test(importer) ? { path: join(resolveDir, "../locales/en.js") } : undefined,
    );
  },
};

async function bundle(folder) {
  const { warnings } = await build({
    absWorkingDir: root,
    entryPoints: ["functions/index.ts"],
    outfile: join(folder, "index.js"),
    bundle: true,
    platform: "node",
    target: "node22",
    // As an ES module the bundle fails to load: SDKs in it call require.
    format: "cjs",
    // The worker's own module: the one thing that is not in the folder.
    external: ["@azure/functions-core"],
    minify: true,
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    plugins: [keepUrls, englishOnly],
    logLevel: "silent",
  });
  if (warnings.length > 0) {
    throw new Error(warnings.map(({ text, location }) => `${location?.file}:${location?.line}: ${text}`).join("\n"));
  }
}

/** The median of a few loads, in ms: each as the worker does it, in a new process. Nothing connects at load. */
function measureLoad(folder) {
  const load = `const t = performance.now(); require(${JSON.stringify(folder)}); process.stdout.write(String(performance.now() - t));`;
  const settings = {
    COSMOS_CONNECTION__accountEndpoint: "https://example.documents.azure.com/",
    SERVICEBUS_CONNECTION__fullyQualifiedNamespace: "example.servicebus.windows.net",
    KEYVAULT_URL: "https://example.vault.azure.net",
  };
  const runs = Array.from({ length: 5 }, () => {
    const { stdout, stderr, status } = spawnSync(projectNode, ["-e", load], { env: settings, encoding: "utf8" });
    if (status !== 0) {
      throw new Error(`the bundle does not load: ${stderr}`);
    }
    return Number(stdout);
  });
  return runs.sort((a, b) => a - b)[2];
}

const folder = resolve(root, process.argv[2] ?? "dist");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await bundle(folder);
const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const description = { name, version, private: true, type: "commonjs", main: "index.js" };
writeFileSync(join(folder, "package.json"), `${JSON.stringify(description, undefined, 2)}\n`);
cpSync(join(root, "azure/host.json"), join(folder, "host.json"));
for (const path of besides) {
  cpSync(join(root, path), join(folder, path), { recursive: true });
}
const megabytes = statSync(join(folder, "index.js")).size / 1e6;
console.log(`${relative(root, folder)}: index.js has ${megabytes.toFixed(2)} MB and loads in ${Math.round(measureLoad(folder))} ms`);
