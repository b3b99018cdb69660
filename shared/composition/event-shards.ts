/** Partitions of a new tenant's events on Cosmos DB (decision 14): each takes 10,000 RU/s and 20 GB. */
export const eventShardsOnCosmos = 8;
