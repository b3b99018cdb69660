/** Request units, of the size one sees in Azure; only that there is a charge, and that more costs more, is to be relied on. */
const basis = { read: 1, create: 6, change: 10, delete: 6 } as const;

/** Of a point operation: goes up with the size of the document. */
export function chargeOf(operation: keyof typeof basis, document: unknown): number {
  return rounded(basis[operation] * Math.max(1, JSON.stringify(document ?? "").length / 1024));
}

/** Of a page of query results. */
export const chargeOfPage = (count: number): number => rounded(2.3 + count * 0.05);

const rounded = (units: number) => Math.round(units * 100) / 100;
