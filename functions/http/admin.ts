import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { decodeCursor, pageOf, pagingQuery } from "../../shared/http/paging.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { type KeyRecord, newKey } from "../../shared/tenants/key.ts";
import { newTenant, type Tenant } from "../../shared/tenants/tenant.ts";

const id = z.string().min(1).max(64);
const body = { mediaTypes: ["application/json"], bytesMax: 65_536 };

const tenantView = ({ pk: _pk, ...tenant }: Tenant) => tenant;
const keyView = ({ pk: _pk, hash: _hash, ...key }: KeyRecord) => key;

/** What the operator does: tenants and their keys. */
export const adminRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: "/admin/tenants",
    versions: "only-v1",
    summary: "Make a tenant",
    access: "admin",
    body: { ...body, schema: newTenant },
    handle: async ({ body }) => {
      const tenant = await use.createTenant(body);
      return { status: 201, body: tenantView(tenant), headers: { location: `/v1/admin/tenants/${tenant.id}` } };
    },
  }),
  route({
    method: "GET",
    path: "/admin/tenants",
    versions: "only-v1",
    summary: "List tenants",
    access: "admin",
    query: z.strictObject(pagingQuery),
    handle: async ({ query }) => {
      const tenants = await use.listTenants(query.limit + 1, decodeCursor(query.cursor, id));
      return { status: 200, body: pageOf(tenants.map(tenantView), query.limit) };
    },
  }),
  route({
    method: "GET",
    path: "/admin/tenants/{id}",
    versions: "only-v1",
    summary: "Read a tenant",
    access: "admin",
    params: z.object({ id }),
    handle: async ({ params }) => ({ status: 200, body: tenantView(await use.getTenant(params.id)) }),
  }),
  route({
    method: "POST",
    path: "/admin/tenants/{id}/keys",
    versions: "only-v1",
    summary: "Make a key; the answer is the only place where it ever stands",
    access: "admin",
    params: z.object({ id }),
    body: { ...body, schema: newKey },
    handle: async ({ params, body }) => {
      const { record, key } = await use.createKey(params.id, body);
      return { status: 201, body: { ...keyView(record), key }, headers: { location: `/v1/admin/tenants/${params.id}/keys/${record.id}` } };
    },
  }),
  route({
    method: "GET",
    path: "/admin/tenants/{id}/keys",
    versions: "only-v1",
    summary: "List a tenant's keys",
    access: "admin",
    params: z.object({ id }),
    query: z.strictObject(pagingQuery),
    handle: async ({ params, query }) => {
      const keys = await use.listKeys(params.id, query.limit + 1, decodeCursor(query.cursor, id));
      return { status: 200, body: pageOf(keys.map(keyView), query.limit) };
    },
  }),
  route({
    method: "DELETE",
    path: "/admin/tenants/{id}/keys/{key_id}",
    versions: "only-v1",
    summary: "Revoke a key",
    access: "admin",
    params: z.object({ id, key_id: id }),
    handle: async ({ params }) => {
      await use.revokeKey(params.id, params.key_id);
      return { status: 204 };
    },
  }),
];
