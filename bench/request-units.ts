import type { ContainerDefinition } from "../shared/ports/containers.ts";

/**
 * Request units of Cosmos DB by a formula, since no test server knows them: the documented figures for items of 1, 4 and 64 KB ("Request
 * Units in Azure Cosmos DB": read 1, 1.3, 10; write 5, 7, 48), between them in a straight line, with 0.5 for each indexed path that a
 * document has. A replace or patch costs two inserts ("Optimize request cost").
 */
const readPoints = [
  [1, 1],
  [4, 1.3],
  [64, 10],
] as const;
const writePoints = [
  [1, 5.5],
  [4, 7.5],
  [64, 48],
] as const;
const perIndexedPath = 0.5;
/** Strong consistency (infra/modules/cosmos.bicep) asks two replicas ("Consistency levels in Azure Cosmos DB"). */
const strongRead = 2;
/** What a query of one partition by an index costs before it reads anything. */
const queryBase = 2.3 * strongRead;

function between(points: readonly (readonly [kilobytes: number, units: number])[], kilobytes: number): number {
  const above = points.findIndex(([size]) => size >= kilobytes);
  if (above === 0) {
    return points[0]![1];
  }
  const [from, to] = above === -1 ? points.slice(-2) : points.slice(above - 1, above + 1);
  return from![1] + ((kilobytes - from![0]) / (to![0] - from![0])) * (to![1] - from![1]);
}

/** Bytes of a document as JSON with the fields that Cosmos DB adds. */
const kilobytesOf = (document: object): number => (Buffer.byteLength(JSON.stringify(document)) + 200) / 1024;

/** A point read; one that finds nothing costs as much as a small one. */
export const readUnits = (document: object | undefined): number =>
  strongRead * (document === undefined ? 1 : between(readPoints, kilobytesOf(document)));

/** A new document. */
export function insertUnits(document: object, { indexes }: ContainerDefinition): number {
  const present = new Set(indexes.flat().filter((path) => (document as Record<string, unknown>)[path] !== undefined));
  return between(writePoints, kilobytesOf(document)) + perIndexedPath * present.size;
}

/** A changed document. */
export const changeUnits = (document: object, definition: ContainerDefinition): number => 2 * insertUnits(document, definition);

/** A query and the documents it gave. */
export const queryUnits = (documents: readonly object[]): number =>
  documents.reduce<number>((sum, one) => sum + readUnits(one) * 0.3, queryBase);
