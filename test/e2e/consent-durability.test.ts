import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { consentingTenant } from "../support/consenting-tenant.ts";
import { failedOtherwise, failToStart, startGateway } from "../support/gateway.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("what was recorded stays", () => {
  const start = async (data: string) => {
    const gateway = await startGateway({ data });
    onTestFinished(async () => void (await gateway.kill()));
    return gateway;
  };

  it("after kill -9 in the middle of many decisions: all that were answered, in whole chains, with receipts that are still good", async () => {
    const data = join(temporaryFolder(), "data");
    let gateway = await start(data);
    const { key } = await consentingTenant(gateway);
    const answered = new Map<string, { record: { hash: string } }[]>();
    let count = 0;
    const decideOn = async (visitor: string) => {
      for (;;) {
        const { status, body } = await gateway.call("POST", "/consent/records", {
          key,
          body: { visitor_id: visitor, decisions: { analytics: true } },
        });
        expect(status).toBe(201);
        answered.set(visitor, [...(answered.get(visitor) ?? []), body]);
        if (++count === 300) {
          void gateway.kill();
        }
      }
    };
    const visitors = Array.from({ length: 8 }, (_, at) => `visitor-${at >> 1}`);
    expect(failedOtherwise(await Promise.allSettled(visitors.map(decideOn)))).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(300);
    const file = join(data, "signing-key.pem");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const pem = readFileSync(file, "utf8");

    gateway = await start(data);

    expect(readFileSync(file, "utf8")).toBe(pem);
    for (const [visitor, made] of answered) {
      const stored = new Map<string, object>();
      let cursor = "";
      do {
        const { body } = await gateway.call("GET", `/consent/records/${visitor}?limit=100${cursor}`, { key });
        for (const item of body.items as { record: { hash: string } }[]) {
          stored.set(item.record.hash, item);
        }
        cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
      } while (cursor !== "");
      expect(made.filter((item) => stored.get(item.record.hash) === undefined)).toEqual([]);
      for (const item of made) {
        expect(stored.get(item.record.hash)).toEqual(item);
      }
      const chain = await gateway.call("GET", `/consent/records/${visitor}/chain`, { key });
      expect(chain.body).toEqual({ valid: true, records: stored.size });
    }
  });

  it("and does not start with a signing key that is none, and does not repeat it", async () => {
    const data = join(temporaryFolder(), "data");
    const gateway = await start(data);
    await gateway.halt();
    writeFileSync(join(data, "signing-key.pem"), "-----BEGIN PRIVATE KEY-----\nhunter2hunter2==\n-----END PRIVATE KEY-----\n");
    const { code, output } = await failToStart({ CARREAU_DATA: data });
    expect(code).toBe(1);
    expect(output).toMatch(/^carreau can't start: [^\n]*signing-key\.pem[^\n]*\n$/);
    expect(output).not.toContain("hunter2");
  });
});
