// The README's tour with the generated TypeScript client. scripts/clients.sh
// makes the superuser, and says where the service is.
import assert from "node:assert/strict";
import { env } from "node:process";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];

function setting(name: string): string {
  const value = env[name];
  assert(value, `${name} is not set`);
  return value;
}

/** What a call answered with; a problem document ends the tour. */
function answered<T>(call: { data?: T; error?: Problem; response: Response }): T {
  const { data, error, response } = call;
  assert(data !== undefined, `${response.status} at ${response.url}: ${error?.code}`);
  return data;
}

const baseUrl = setting("BASE");
const password = setting("PASSWORD");
const anonymous = createClient<paths>({ baseUrl });

const session = answered(
  await anonymous.POST("/api/v1/auth/login", { body: { username: "root", password } }),
);
const user = createClient<paths>({
  baseUrl,
  headers: { Authorization: `Bearer ${session.tokens.access_token}` },
});

const me = answered(await user.GET("/api/v1/auth/me"));
assert.equal(me.username, "root");
assert(me.permissions.includes("org.create"));

const made = answered(
  await user.POST("/api/v1/orgs", { body: { organization_name: "Acme" } }),
);
assert.equal(made.organization_name, "Acme");

const service = createClient<paths>({
  baseUrl,
  headers: { "X-Internal-Secret": setting("INTERNAL_SECRET") },
});
const permission = "org.create";
const { user_id, organization_id } = me;
const decision = answered(
  await service.POST("/api/rbac/check", { body: { user_id, organization_id, permission } }),
);
assert.equal(decision.allowed, true);

// A refusal is typed too.
const { error, response } = await anonymous.POST("/api/v1/auth/login", {
  body: { username: "root", password: "not the password" },
});
assert.equal(response.status, 401);
assert.equal(error?.code, "invalid_credentials");

console.log(`TypeScript: ${me.username} made organization ${made.organization_id}`);
