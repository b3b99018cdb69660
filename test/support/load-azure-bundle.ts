import Module, { createRequire } from "node:module";
import { Socket } from "node:net";

/**
 * Loads a bundle in this process with the worker's own module in its place, calls the HTTP functions named on the command line, and prints
 * what was seen as JSON: `node load-azure-bundle.ts FOLDER [CALLS]`.
 */
export interface Call {
  readonly function: string;
  readonly url: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Binding {
  readonly type: string;
  readonly direction: "in" | "out";
  readonly [setting: string]: unknown;
}

export interface Seen {
  readonly registered: readonly { readonly name: string; readonly bindings: readonly Binding[] }[];
  /** Hooks by name; each was called at the end, without an error. */
  readonly hooks: readonly string[];
  /** Connections tried while it loaded, and by the calls after that. */
  readonly connectsAtLoad: number;
  readonly connectsByCalls: number;
  readonly answers: readonly { readonly status: number; readonly headers: Record<string, string>; readonly body?: string }[];
  readonly logged: readonly string[];
}

interface Metadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}
type Handler = (...inputs: unknown[]) => Promise<Seen["answers"][number]>;

const functions = new Map<string, { metadata: Metadata; handler: Handler }>();
const hooks = new Map<string, (context: object) => Promise<void>>();
const core = {
  version: "4.0.0",
  hostVersion: "4.1042.0",
  registerFunction(metadata: Metadata, handler: Handler) {
    functions.set(metadata.name, { metadata, handler });
    return { dispose() {} };
  },
  registerHook(name: string, callback: (context: object) => Promise<void>) {
    hooks.set(name, callback);
    return { dispose() {} };
  },
  setProgrammingModel() {},
};

let connects = 0;
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  connects++;
  return (connect as (...given: unknown[]) => Socket).apply(this, args);
} as typeof connect;

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === "@azure/functions-core" ? core : load.call(loader, request, ...rest));

const [folder = "", calls = "[]"] = process.argv.slice(2);
createRequire(import.meta.url)(folder);
const connectsAtLoad = connects;

const logged: string[] = [];
const answers: Seen["answers"][number][] = [];
for (const { function: name, url, params = {}, headers = {} } of JSON.parse(calls) as Call[]) {
  const request = { method: "GET", url, headers: new Headers(headers), params, body: null };
  const log = (...args: unknown[]) => logged.push(args.join(" "));
  answers.push(await functions.get(name)!.handler(request, { invocationId: "invocation", info: log, warn: log, error: log }));
}

for (const hook of hooks.values()) {
  await hook({ hookData: {}, appHookData: {} });
}

const seen: Seen = {
  registered: [...functions.values()].map(({ metadata: { name, bindings } }) => ({ name, bindings: Object.values(bindings) })),
  hooks: [...hooks.keys()],
  connectsAtLoad,
  connectsByCalls: connects - connectsAtLoad,
  answers,
  logged,
};
process.stdout.write(JSON.stringify(seen));
