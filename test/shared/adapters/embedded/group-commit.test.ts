import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../../../shared/adapters/embedded/group-commit.ts";

describe("the group commit", () => {
  const open = () => {
    const db = new DatabaseSync(":memory:");
    db.exec("CREATE TABLE numbers (n INTEGER PRIMARY KEY)");
    const insert = db.prepare("INSERT INTO numbers (n) VALUES (?)");
    const all = () =>
      db
        .prepare("SELECT n FROM numbers ORDER BY n")
        .all()
        .map((row) => row["n"]);
    return { db, commit: new GroupCommit(db), insert, all };
  };

  it("commits the work of one turn together", async () => {
    const { db, commit, insert, all } = open();
    let inTransaction = 0;
    await Promise.all(
      [1, 2, 3].map((n) =>
        commit.write(() => {
          insert.run(n);
          inTransaction += db.isTransaction ? 1 : 0;
        }),
      ),
    );
    expect(all()).toEqual([1, 2, 3]);
    expect(inTransaction).toBe(3);
    expect(db.isTransaction).toBe(false);
  });

  it("answers nobody before the commit", async () => {
    const { db, commit, insert } = open();
    await commit.write(() => insert.run(1));
    expect(db.isTransaction).toBe(false);
  });

  it("keeps the others' work when one fails, and nothing of the one that failed", async () => {
    const { commit, insert, all } = open();
    const results = await Promise.allSettled([
      commit.write(() => insert.run(1)),
      commit.write(() => {
        insert.run(2);
        throw new Error("no");
      }),
      commit.write(() => insert.run(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(all()).toEqual([1, 3]);
  });

  it("turns an error of the database into `store-unavailable`", async () => {
    const { commit, insert } = open();
    await commit.write(() => insert.run(1));
    await expect(commit.write(() => insert.run(1))).rejects.toMatchObject({ code: "store-unavailable" });
  });
});
