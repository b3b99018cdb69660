import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readJson } from "../../../shared/http/read-body.ts";
import type { GatewayRequest } from "../../../shared/ports/function-host.ts";
import { requestWith } from "../../support/fake-request.ts";

const bytesMax = 1_000;
const gzip = { "content-encoding": "gzip" };

/** The same request as the embedded host has it, and as another host may. */
const forms: readonly [string, (...args: Parameters<typeof requestWith>) => GatewayRequest][] = [
  ["an async iterable", requestWith],
  [
    "a stream",
    (headers, ...chunks) => ({
      ...requestWith(headers),
      body: Readable.from(
        chunks.map((chunk) => Buffer.from(chunk)),
        { objectMode: false },
      ),
    }),
  ],
];

describe.each(forms)("reading a body from %s", (_, request) => {
  it.each([
    ["in one piece", ['{"a":"å"}']],
    ["in pieces that cut a character", [Buffer.from('{"a":"å"}').subarray(0, 7), Buffer.from('{"a":"å"}').subarray(7)]],
  ])("takes JSON %s", async (_name, chunks) => {
    expect(await readJson(request({}, ...chunks), bytesMax)).toEqual({ a: "å" });
  });

  it("takes gzip, whatever the case of its name, and identity", async () => {
    expect(await readJson(request(gzip, gzipSync('{"a":1}')), bytesMax)).toEqual({ a: 1 });
    expect(await readJson(request({ "content-encoding": " GZIP " }, gzipSync('{"a":1}')), bytesMax)).toEqual({ a: 1 });
    expect(await readJson(request({ "content-encoding": "identity" }, '{"a":1}'), bytesMax)).toEqual({ a: 1 });
  });

  it("takes a body that just fits, packed or not", async () => {
    const text = JSON.stringify("a".repeat(bytesMax - 2));
    expect(await readJson(request({}, text.slice(0, 600), text.slice(600)), bytesMax)).toHaveLength(bytesMax - 2);
    expect(await readJson(request(gzip, gzipSync(text)), bytesMax)).toHaveLength(bytesMax - 2);
  });

  it.each([
    ["announced", { "content-length": "1001" }, ["{}"]],
    ["not announced", {}, ["a".repeat(999), "aa"]],
    ["packed smaller", gzip, [gzipSync("a".repeat(100_000))]],
    ["packed", gzip, [Buffer.alloc(1_001)]],
  ])("413: for one that is too large, %s", async (_name, headers, chunks) => {
    await expect(readJson(request(headers as Record<string, string>, ...chunks), bytesMax)).rejects.toMatchObject({
      code: "body-too-large",
      extensions: { bytes_max: bytesMax },
    });
  });

  it.each<[string, Record<string, string>, (string | Uint8Array)[], string]>([
    ["is not JSON", {}, ["{"], "the body is not JSON"],
    ["is not UTF-8", {}, [Buffer.from([0x22, 0xff, 0x22])], "the body is not UTF-8"],
    ["begins with a byte order mark", {}, ["\ufeff{}"], "the body is not JSON"],
    ["says gzip and is not", gzip, ["{}"], "the body is not gzip"],
    ["is half of a gzip", gzip, [gzipSync('{"a":1}').subarray(0, 15)], "the body is not gzip"],
    ["is gzip of no JSON", gzip, [gzipSync("x")], "the body is not JSON"],
  ])("400: for one that %s", async (_name, headers, chunks, detail) => {
    await expect(readJson(request(headers, ...chunks), bytesMax)).rejects.toMatchObject({ code: "body-malformed", detail });
  });

  it("says nothing of what stands in a body that is not JSON", async () => {
    const error = await readJson(request({}, "user-ada"), bytesMax).catch((thrown: Error) => thrown);
    expect(`${(error as Error).stack}${JSON.stringify(error)}${String((error as Error).cause)}`).not.toContain("user-ada");
  });

  it.each(["br", "gzip, gzip", "deflate", "x-gzip"])("415: for the encoding %s, naming the header", async (encoding) => {
    await expect(readJson(request({ "content-encoding": encoding }, "{}"), bytesMax)).rejects.toMatchObject({
      code: "media-type-unsupported",
      extensions: { header: "Content-Encoding" },
    });
  });

  it("is undefined when there is none", async () => {
    expect(await readJson(requestWith({}), bytesMax)).toBeUndefined();
    expect(await readJson(request({}, ""), bytesMax)).toBeUndefined();
    expect(await readJson(request(gzip, ""), bytesMax)).toBeUndefined();
  });
});

describe("a body that breaks off", () => {
  it("400: is malformed", async () => {
    const body = new Readable({ read() {} });
    const reading = readJson({ ...requestWith({}), body }, bytesMax);
    body.push('{"a":');
    body.destroy(new Error("socket hang up"));
    await expect(reading).rejects.toMatchObject({ code: "request-malformed" });
  });

  it("is read to its end although it is refused, so that its sender hears why", async () => {
    const body = Readable.from([Buffer.alloc(600), Buffer.alloc(600), Buffer.alloc(600)], { objectMode: false });
    const ended = new Promise((resolve) => body.once("end", resolve));
    await expect(readJson({ ...requestWith({}), body }, bytesMax)).rejects.toMatchObject({ code: "body-too-large" });
    await expect(ended).resolves.toBeUndefined();
  });
});
