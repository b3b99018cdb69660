import type { Answer } from "./answer.ts";
import type { Container } from "./containers.ts";
import { badRequest } from "./cosmos-error.ts";
import type { CosmosRequest } from "./cosmos-request.ts";

/** A page of changes: the latest version of each document written since. 304 says that there is nothing new. */
export function answerChangeFeed(container: Container, request: CosmosRequest): Answer {
  if (!/incremental feed/i.test(request.header("a-im") ?? "")) throw badRequest("Only the latest-version change feed is emulated.");
  const { partitionKey, pageSize } = request;
  const after = startOf(container, request.header("if-none-match"));
  const since = sinceOf(request);
  const rangeId = partitionKey ? undefined : request.header("x-ms-documentdb-partitionkeyrangeid");
  const documents: object[] = [];
  let last = after;
  for (const { document, lsn } of container.changes({ partitionKey, rangeId, after })) {
    if (document._ts < since) continue;
    documents.push({ ...document, _lsn: lsn });
    last = lsn;
    if (documents.length === pageSize) break;
  }
  const headers = { etag: `"${last}"`, "x-ms-item-count": String(documents.length) };
  if (documents.length === 0) return { status: 304, headers, charge: 1, lsn: container.lsn };
  const body = { _rid: container.definition._rid, Documents: documents, _count: documents.length };
  return { body, headers, charge: 2, lsn: container.lsn };
}

/** The write to go on after: the tag of the page before, `*` for now, nothing for the beginning. */
function startOf({ lsn }: Container, tag: string | undefined): number {
  if (tag === undefined) return 0;
  return tag === "*" ? lsn : Number(tag.replaceAll('"', ""));
}

/** The first second wanted, for a start at a time. */
function sinceOf(request: CosmosRequest): number {
  const since = request.header("if-modified-since");
  return since && !request.header("if-none-match") ? Date.parse(since) / 1000 : 0;
}
