// Checks the administration API of a running Models API with the official Node SDK.
//
// Usage: node admin.mjs JSON, where JSON names the service, an admin key and public models:
// base_url, admin_key, public. The organization of the admin key has no models of its own.

import assert from 'node:assert/strict';
import OpenAI from 'openai';

// The SDK reads keys and more from the environment if an option is missing.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('OPENAI_')) delete process.env[name];
}

const given = JSON.parse(process.argv[2]);
const DAY = 24 * 60 * 60;
const MISSING = 'no_such_id';

// A client, and the list of its HTTP requests.
function connect(keys) {
  const sent = [];
  const client = new OpenAI({
    baseURL: given.base_url,
    maxRetries: 0,
    fetch: (url, init) => {
      sent.push({ url: new URL(url), method: init.method, headers: new Headers(init.headers) });
      return fetch(url, { ...init, redirect: 'manual' });
    },
    ...keys,
  });
  return { client, organization: client.admin.organization, sent };
}

const { organization, sent } = connect({ adminAPIKey: given.admin_key });
const { adminAPIKeys, projects } = organization;
const { apiKeys, modelPermissions, serviceAccounts } = projects;

const modelsOf = (apiKey) => connect({ apiKey }).client.models;

async function collect(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

const idsOf = async (pages) => (await collect(pages)).map((item) => item.id);

// The error of a call that the service must refuse.
async function refused(errorType, call) {
  const error = await call.then(
    (result) => assert.fail(`expected ${errorType.name}, got ${JSON.stringify(result)}`),
    (error) => error,
  );
  if (!(error instanceof OpenAI.APIError)) throw error;
  assert.equal(error.constructor, errorType, error.message);
  assert.match(error.requestID, /^req_/);
  assert.deepEqual(Object.keys(error.error), ['message', 'type', 'param', 'code']);
  return error;
}

// The fields of the object that has the values of `expected`.
function checkObject(actual, expected) {
  const fields = Object.fromEntries(Object.keys(expected).map((name) => [name, actual[name]]));
  assert.deepEqual(fields, expected);
}

function checkTime(actual, expected) {
  assert.ok(Number.isInteger(actual) && Math.abs(actual - expected) < 60, `expected about ${expected}, got ${actual}`);
}

// Collects pages of one item, and expects the same items in the same order from one page.
async function checkPaging(list, count) {
  const all = await list({ limit: 100 });
  assert.equal(all.data.length, count);
  assert.equal(all.hasNextPage(), false);
  sent.length = 0;
  assert.deepEqual(await collect(list({ limit: 1 })), all.data);
  const cursors = all.data.slice(0, -1).map((item) => item.id);
  assert.deepEqual(
    sent.map((request) => request.url.searchParams.get('after')),
    [null, ...cursors],
  );
}

const newProject = (name) => projects.create({ name });

async function adminKeys() {
  const created = await adminAPIKeys.create({ name: 'platform', expires_in_seconds: DAY });
  checkObject(created, { object: 'organization.admin_api_key', name: 'platform', expires_at: created.created_at + DAY });
  checkTime(created.created_at, Date.now() / 1000);
  assert.match(created.value, /^sk-admin-/);

  const shown = await adminAPIKeys.retrieve(created.id);
  const { value, ...rest } = created;
  assert.ok(!('value' in shown));
  checkObject(shown, { id: rest.id, name: rest.name, redacted_value: rest.redacted_value, owner: rest.owner });
  assert.ok(!shown.redacted_value.includes(value.slice(12, -6)));

  const second = connect({ adminAPIKey: value }).organization.adminAPIKeys;
  const third = await second.create({ name: 'third' });
  assert.equal(third.expires_at, null);
  const ids = await idsOf(adminAPIKeys.list());
  assert.deepEqual(ids.slice(-2), [created.id, third.id]);
  assert.deepEqual(await idsOf(adminAPIKeys.list({ order: 'desc' })), [...ids].reverse());
  await checkPaging((query) => adminAPIKeys.list(query), ids.length);

  const deleted = await adminAPIKeys.delete(created.id);
  checkObject(deleted, { id: created.id, object: 'organization.admin_api_key.deleted', deleted: true });
  await refused(OpenAI.AuthenticationError, second.list());
  await refused(OpenAI.NotFoundError, adminAPIKeys.retrieve(created.id));
  // The keys that a deleted key created stay valid.
  const organization = connect({ adminAPIKey: third.value }).organization;
  assert.ok((await idsOf(organization.adminAPIKeys.list())).includes(third.id));
  await adminAPIKeys.delete(third.id);
}

async function projectsAreArchived() {
  const before = await idsOf(projects.list());
  const created = await newProject('Staging');
  checkObject(created, { object: 'organization.project', name: 'Staging', status: 'active', archived_at: null });
  const renamed = await projects.update(created.id, { name: 'Production' });
  checkObject(renamed, { id: created.id, name: 'Production' });
  assert.deepEqual({ ...(await projects.retrieve(created.id)) }, { ...renamed });
  assert.deepEqual(await idsOf(projects.list()), [...before, created.id]);
  await checkPaging((query) => projects.list(query), before.length + 1);

  const archived = await projects.archive(created.id);
  checkObject(archived, { id: created.id, status: 'archived' });
  checkTime(archived.archived_at, Date.now() / 1000);
  assert.deepEqual(await idsOf(projects.list()), before);
  assert.deepEqual(await idsOf(projects.list({ include_archived: true })), [...before, created.id]);
  await refused(OpenAI.BadRequestError, projects.update(created.id, { name: 'Again' }));
  await refused(OpenAI.BadRequestError, serviceAccounts.list(created.id));
  await refused(OpenAI.NotFoundError, projects.retrieve(MISSING));
}

async function defaultProject() {
  const [id] = await idsOf(projects.list({ limit: 1 }));
  await refused(OpenAI.BadRequestError, projects.update(id, { name: 'Other' }));
  await refused(OpenAI.BadRequestError, projects.archive(id));
}

async function permissions() {
  const { id } = await newProject('Permissions');
  const account = await serviceAccounts.create(id, { name: 'Reader' });
  const visible = async () => (await idsOf(modelsOf(account.api_key.value).list())).sort();
  const [allowed, ...others] = [...given.public].sort();
  const object = 'project.model_permissions';

  checkObject(await modelPermissions.retrieve(id), { object, mode: 'deny_list', model_ids: [] });
  const policy = { mode: 'allow_list', model_ids: [allowed] };
  checkObject(await modelPermissions.update(id, policy), { object, ...policy });
  checkObject(await modelPermissions.retrieve(id), { object, ...policy });
  assert.deepEqual(await visible(), [allowed]);
  const error = await refused(OpenAI.NotFoundError, modelsOf(account.api_key.value).retrieve(others[0]));
  assert.equal(error.code, 'model_not_found');

  await modelPermissions.update(id, { mode: 'deny_list', model_ids: [allowed] });
  assert.deepEqual(await visible(), others);
  const deleted = await modelPermissions.delete(id);
  assert.deepEqual({ ...deleted }, { object: 'project.model_permissions.deleted', deleted: true });
  assert.deepEqual(await visible(), [allowed, ...others]);
  await refused(OpenAI.NotFoundError, modelPermissions.update(MISSING, policy));
}

async function accounts() {
  const project = await newProject('Accounts');
  const params = { project_id: project.id };
  const created = await serviceAccounts.create(project.id, { name: 'Worker' });
  checkObject(created, { object: 'organization.project.service_account', name: 'Worker', role: 'member' });
  checkObject(created.api_key, { object: 'organization.project.service_account.api_key', expires_at: null });
  const alone = await serviceAccounts.create(project.id, { name: 'Alone', create_service_account_only: true });
  checkObject(alone, { role: 'none', api_key: null });
  await checkPaging((query) => serviceAccounts.list(project.id, query), 2);

  const updated = await serviceAccounts.update(created.id, { ...params, name: 'Owner', role: 'owner' });
  checkObject(updated, { id: created.id, name: 'Owner', role: 'owner' });
  assert.deepEqual({ ...(await serviceAccounts.retrieve(created.id, params)) }, { ...updated });
  await refused(OpenAI.NotFoundError, serviceAccounts.retrieve(MISSING, params));

  const models = modelsOf(created.api_key.value);
  assert.equal((await idsOf(models.list())).length, given.public.length);
  const deleted = await serviceAccounts.delete(created.id, params);
  checkObject(deleted, { id: created.id, object: 'organization.project.service_account.deleted', deleted: true });
  await refused(OpenAI.AuthenticationError, models.list());
  assert.deepEqual(await idsOf(serviceAccounts.list(project.id)), [alone.id]);
}

async function keys() {
  const project = await newProject('Keys');
  const params = { project_id: project.id };
  const account = await serviceAccounts.create(project.id, { name: 'Worker' });
  const first = account.api_key;
  const second = await serviceAccounts.apiKeys.create(account.id, {
    ...params,
    name: 'second',
    scopes: ['api.files.read'],
    expires_in_seconds: DAY,
  });
  checkObject(second, { name: 'second', expires_at: second.created_at + DAY });
  await checkPaging((query) => apiKeys.list(project.id, query), 2);
  const shown = await apiKeys.retrieve(second.id, params);
  checkObject(shown, { object: 'organization.project.api_key', name: 'second', owner_project_access: 'active' });
  checkObject(shown.owner.service_account, { id: account.id, name: 'Worker', role: 'member' });

  const models = modelsOf(second.value);
  await refused(OpenAI.PermissionDeniedError, models.list());
  const updated = await apiKeys.update(second.id, { ...params, scopes: ['api.all.read'], expires_in_seconds: 2 * DAY });
  checkTime(updated.expires_at, Date.now() / 1000 + 2 * DAY);
  assert.equal((await idsOf(models.list())).length, given.public.length);
  await refused(OpenAI.BadRequestError, apiKeys.update(second.id, { ...params, scopes: null }));
  await refused(OpenAI.NotFoundError, apiKeys.update(MISSING, { ...params, scopes: [] }));

  const deleted = await apiKeys.delete(first.id, params);
  checkObject(deleted, { id: first.id, object: 'organization.project.api_key.deleted', deleted: true });
  await refused(OpenAI.AuthenticationError, modelsOf(first.value).list());
  assert.deepEqual(await idsOf(apiKeys.list(project.id)), [second.id]);
  assert.equal((await idsOf(models.list())).length, given.public.length);
}

async function kindsOfKeys() {
  const project = await newProject('Kinds');
  const { api_key: key } = await serviceAccounts.create(project.id, { name: 'Worker' });
  await refused(OpenAI.PermissionDeniedError, connect({ adminAPIKey: key.value }).organization.projects.list());
  await refused(OpenAI.PermissionDeniedError, modelsOf(given.admin_key).list());
  // A client with both keys sends each where it belongs.
  const both = connect({ apiKey: key.value, adminAPIKey: given.admin_key });
  await both.client.models.list();
  await both.organization.projects.list();
  const sentKeys = both.sent.map((request) => request.headers.get('authorization'));
  assert.deepEqual(sentKeys, [`Bearer ${key.value}`, `Bearer ${given.admin_key}`]);
}

const checks = [adminKeys, projectsAreArchived, defaultProject, permissions, accounts, keys, kindsOfKeys];
for (const check of checks) {
  await check();
  console.log(`ok ${check.name}`);
}
console.log(`${checks.length} checks passed`);
