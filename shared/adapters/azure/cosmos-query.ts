import type { Container, FeedOptions, JSONValue, SqlQuerySpec } from "@azure/cosmos";
import type { Document, Page, Query } from "../../ports/document-store.ts";
import { asStored } from "./cosmos-documents.ts";

const operators = { eq: "=", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

/** Answers a query of one partition. Cosmos DB may give less than a page at once, so it is asked until the page is full. */
export async function runQuery<D extends Document>(
  container: Container,
  pk: string,
  query: Query,
  options: FeedOptions,
  onCharge: (charge: number) => void,
): Promise<Page<D>> {
  const spec = specOf(query);
  const items: Page<D>["items"][number][] = [];
  let { continuation } = query;
  do {
    const page = await container.items
      .query<D>(spec, {
        ...options,
        partitionKey: pk,
        maxItemCount: query.limit - items.length,
        ...(continuation === undefined ? {} : { continuationToken: continuation }),
      })
      .fetchNext();
    onCharge(page.requestCharge);
    items.push(...(page.resources ?? []).map(asStored<D>));
    continuation = page.continuationToken || undefined;
  } while (continuation !== undefined && items.length < query.limit);
  return continuation === undefined ? { items } : { items, continuation };
}

function specOf({ where, orderBy }: Query): SqlQuerySpec {
  const parameters: { name: string; value: JSONValue }[] = [];
  const parameter = (value: unknown) => {
    const name = `@p${parameters.length}`;
    parameters.push({ name, value: value as JSONValue });
    return name;
  };
  const field = (path: string) => `c[${JSON.stringify(path)}]`;
  const conditions = where.map(({ path, op, value }) =>
    op === "in"
      ? `${field(path)} IN (${(value as readonly unknown[]).map(parameter).join(", ")})`
      : `${field(path)} ${operators[op]} ${parameter(value)}`,
  );
  conditions.push(`IS_DEFINED(${field(orderBy.path)})`);
  const direction = orderBy.direction === "asc" ? "ASC" : "DESC";
  return { query: `SELECT * FROM c WHERE ${conditions.join(" AND ")} ORDER BY ${field(orderBy.path)} ${direction}`, parameters };
}
