import { randomUUID } from "node:crypto";
import { Container, type ContainerDefinition, type Surroundings } from "./containers.ts";
import { badRequest, conflict, notFound } from "./cosmos-error.ts";
import { ResourceIds } from "./resource-id.ts";
import type { JsonObject } from "./sql-values.ts";

export interface Database {
  readonly definition: JsonObject & { readonly id: string; readonly _rid: string };
  readonly containers: Map<string, Container>;
}

/** Everything an account holds, in memory. */
export class Account {
  readonly databases = new Map<string, Database>();
  /** The throughput of containers, by its own id. */
  readonly offers = new Map<string, JsonObject>();
  readonly surroundings: Surroundings;

  constructor({ now, partitions }: Pick<Surroundings, "now" | "partitions">) {
    this.surroundings = { ids: new ResourceIds(), now, partitions };
  }

  /** Throws 404. */
  database(id: string): Database {
    return this.databases.get(id) ?? fail(notFound());
  }

  /** Throws 404. */
  container(databaseId: string, id: string): Container {
    return this.database(databaseId).containers.get(id) ?? fail(notFound(1003));
  }

  /** Throws 409 if there is one already. */
  createDatabase(id: unknown): Database {
    if (typeof id !== "string" || id === "") throw badRequest("The id is missing.");
    if (this.databases.has(id)) throw conflict();
    const _rid = this.surroundings.ids.next(4);
    const definition = { id, _rid, _self: `dbs/${_rid}/`, ...this.#stamp(), _colls: "colls/", _users: "users/" };
    const database: Database = { definition, containers: new Map() };
    this.databases.set(id, database);
    return database;
  }

  /** With a throughput in request units per second, if one is given. Throws 409 if there is one already. */
  createContainer({ definition: parent, containers }: Database, wanted: JsonObject, throughput: number | undefined): Container {
    const { id } = wanted;
    if (typeof id !== "string" || id === "") throw badRequest("The id is missing.");
    if (containers.has(id)) throw conflict();
    const _rid = this.surroundings.ids.next(8);
    const _self = `dbs/${parent._rid}/colls/${_rid}/`;
    const container = new Container({ ...defaults, ...wanted, id, _rid, _self, ...this.#stamp(), ...links }, this.surroundings);
    containers.set(id, container);
    if (throughput !== undefined) this.#createOffer(container.definition, throughput);
    return container;
  }

  /** Throws 400 for another partition key. */
  replaceContainer(container: Container, wanted: JsonObject): void {
    const { definition, paths } = container;
    const next = { ...definition, defaultTtl: undefined, ...wanted, _rid: definition._rid, _self: definition._self, ...this.#stamp() };
    if (JSON.stringify(next.partitionKey.paths) !== JSON.stringify(paths)) throw badRequest("The partition key cannot be changed.");
    container.definition = next;
  }

  #createOffer({ _rid: offerResourceId, _self: resource }: ContainerDefinition, offerThroughput: number): void {
    const id = `offer${this.offers.size + 1}`;
    const type = { offerType: "Invalid", offerVersion: "V2", content: { offerThroughput } };
    this.offers.set(id, { id, _rid: id, _self: `offers/${id}/`, resource, offerResourceId, ...type, ...this.#stamp() });
  }

  #stamp() {
    return { _etag: `"${randomUUID()}"`, _ts: Math.floor(this.surroundings.now() / 1000) };
  }
}

const defaults = {
  conflictResolutionPolicy: { mode: "LastWriterWins", conflictResolutionPath: "/_ts", conflictResolutionProcedure: "" },
  geospatialConfig: { type: "Geography" },
};

const links = { _docs: "docs/", _sprocs: "sprocs/", _triggers: "triggers/", _udfs: "udfs/", _conflicts: "conflicts/" };

function fail(error: Error): never {
  throw error;
}
