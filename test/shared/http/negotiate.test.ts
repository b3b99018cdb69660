import { describe, expect, it } from "vitest";
import { requireAcceptable, requireMediaType } from "../../../shared/http/negotiate.ts";
import { requestWith } from "../../support/fake-request.ts";

describe("Accept", () => {
  it.each([
    undefined,
    "",
    "*/*",
    "application/json",
    "application/*",
    "Application/JSON; charset=utf-8",
    "text/html, application/json;q=0.1",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "text/html;q=0, */*",
    "application/json, */*;q=0",
    "application/*;q=0, application/json",
    " application/json ,",
  ])("lets JSON be the answer: %j", (accept) => {
    expect(() => requireAcceptable(requestWith(accept === undefined ? {} : { accept }), "application/json")).not.toThrow();
  });

  it.each([
    "text/html",
    "application/xml, text/*",
    "application/json;q=0",
    "application/json; q=0.000",
    "*/*;q=0",
    "application/*;q=0.0",
    // The most precise range counts (RFC 9110, section 12.5.1).
    "application/json;q=0, */*",
    "application/*;q=0, */*;q=1",
    "json",
    "application/jsonp",
  ])("406: %j leaves JSON out", (accept) => {
    expect(() => requireAcceptable(requestWith({ accept }), "application/json")).toThrow(
      expect.objectContaining({ code: "not-acceptable", extensions: { header: "Accept" } }),
    );
  });
});

describe("Content-Type", () => {
  const allowed = ["application/json", "text/plain"];

  it.each([
    "application/json",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "text/plain;charset=UTF8",
    "application/json; profile=x",
  ])("is taken: %s", (type) => {
    expect(() => requireMediaType(requestWith({ "content-type": type }), allowed)).not.toThrow();
  });

  it.each([
    "",
    "application/xml",
    "application/json2",
    "application/json, text/plain",
    "text/plain; charset=latin1",
    "multipart/form-data",
  ])("415: %j, with what is taken", (type) => {
    expect(() => requireMediaType(requestWith({ "content-type": type }), allowed)).toThrow(
      expect.objectContaining({ code: "media-type-unsupported", extensions: { header: "Content-Type", supported: allowed } }),
    );
  });

  it("415: when there is none", () => {
    expect(() => requireMediaType(requestWith({}), allowed)).toThrow(expect.objectContaining({ code: "media-type-unsupported" }));
  });
});
