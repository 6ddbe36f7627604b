// Checks a running Models API with the official Node SDK.
//
// Usage: node check.mjs JSON, where JSON names the service, keys and models to use:
// base_url, lossy_url, owner, reader, foreign, spaces, organization, project, other_organization, public, own, lost,
// foreign_own. The server at lossy_url forwards to the service, but drops the first response to each deletion.
//
// The script deletes every model of `own`. After it prints `outage please`, it waits for a line on standard input. From
// then on, the service must respond with 503.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';

// The SDK reads the organization, the project and more from the environment if an option is missing.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('OPENAI_')) delete process.env[name];
}

const given = JSON.parse(process.argv[2]);
const MISSING = 'no-such/model';
const BAD_KEY = 'sk-nobody-0123456789abcdef';
const BAD_KEY_REDACTED = `sk-nobod${'*'.repeat(BAD_KEY.length - 12)}cdef`;

// A client, and the list of its HTTP requests with their responses.
function connect(apiKey, options = {}) {
  const sent = [];
  const client = new OpenAI({
    apiKey,
    baseURL: given.base_url,
    fetch: async (url, init) => {
      const exchange = { url: String(url), headers: new Headers(init.headers) };
      sent.push(exchange);
      // `sent` would not include a redirect that fetch follows.
      const response = await fetch(url, { ...init, redirect: 'manual' });
      exchange.body = await response.clone().text();
      return response;
    },
    ...options,
  });
  return { client, models: client.models, sent };
}

async function ids(models) {
  const found = [];
  for await (const model of models.list()) found.push(model.id);
  return found;
}

function checkHeaders(headers) {
  assert.equal(headers.get('openai-version'), '2020-10-01');
  assert.match(headers.get('openai-processing-ms'), /^\d+$/);
  assert.match(headers.get('x-request-id'), /^req_/);
  assert.match(headers.get('content-type'), /^application\/json(;|$)/);
}

function checkModel(model) {
  assert.equal(typeof model.id, 'string');
  assert.ok(Number.isInteger(model.created) && model.created >= 0 && model.created < 2 ** 32, `${model.created}`);
  assert.equal(model.object, 'model');
  assert.equal(typeof model.owned_by, 'string');
  if (model.shutdown_date !== null) assert.match(model.shutdown_date, /^\d{4}-\d{2}-\d{2}$/);
}

// The error of a call that the service must refuse.
async function refused(errorType, call) {
  const error = await call.then(
    (result) => assert.fail(`expected ${errorType.name}, got ${JSON.stringify(result)}`),
    (error) => error,
  );
  if (!(error instanceof OpenAI.APIError)) throw error;
  assert.equal(error.constructor, errorType, error.message);
  assert.match(error.requestID, /^req_/);
  checkHeaders(error.headers);
  assert.deepEqual(Object.keys(error.error), ['message', 'type', 'param', 'code']);
  assert.equal(error.type, 'invalid_request_error');
  return error;
}

async function notFound(call, id) {
  const error = await refused(OpenAI.NotFoundError, call);
  assert.equal(error.status, 404);
  assert.equal(error.code, 'model_not_found');
  assert.equal(error.param, 'model');
  assert.equal(error.error.message, `The model '${id}' does not exist`);
  return error;
}

async function notPermitted(call) {
  const error = await refused(OpenAI.PermissionDeniedError, call);
  assert.equal(error.status, 403);
  assert.equal(error.code, null);
  assert.equal(error.param, null);
  const start = 'You have insufficient permissions for this operation. Missing scopes: api.delete.';
  assert.ok(error.error.message.startsWith(start), error.error.message);
}

async function unauthorized({ models, sent }, code, message) {
  const calls = [
    () => models.list(),
    () => models.retrieve(given.public[0]),
    () => models.delete(given.public[0]),
  ];
  for (const call of calls) {
    const error = await refused(OpenAI.AuthenticationError, call());
    assert.equal(error.status, 401);
    assert.equal(error.code, code);
    assert.equal(error.param, null);
    assert.ok(error.error.message.startsWith(message), error.error.message);
    assert.match(error.headers.get('www-authenticate'), /^Bearer realm=/);
  }
  assert.equal(sent.length, calls.length);
}

async function listing() {
  const { models, sent } = connect(given.owner);
  const { data: page, response, request_id } = await models.list().withResponse();
  assert.equal(response.status, 200);
  assert.match(request_id, /^req_/);
  assert.equal(page.object, 'list');
  page.data.forEach(checkModel);
  const listed = page.data.map((model) => model.id);
  assert.equal(new Set(listed).size, listed.length);
  for (const id of [...given.public, ...given.own]) assert.ok(listed.includes(id), `${id} is not listed`);
  assert.ok(!listed.includes(given.foreign_own), 'a model of another organization is listed');

  assert.equal(page.hasNextPage(), false);
  const iterated = [];
  for await (const model of page) iterated.push(model.id);
  assert.deepEqual(iterated, listed);
  assert.equal(sent.length, 1);
}

async function listingIsWhole() {
  const { models } = connect(given.owner);
  const response = await models.list().asResponse();
  assert.deepEqual(Object.keys(await response.json()).sort(), ['data', 'object']);
}

async function listingAsIterator() {
  const { models, sent } = connect(given.owner);
  const listed = await ids(models);
  assert.equal(new Set(listed).size, listed.length);
  assert.equal(sent.length, 1);
}

async function listingByRoleAndOrganization() {
  const owner = await ids(connect(given.owner).models);
  const reader = await ids(connect(given.reader).models);
  const foreign = await ids(connect(given.foreign).models);
  assert.deepEqual(reader.sort(), owner.sort());
  assert.ok(foreign.includes(given.foreign_own), 'an organization does not see its own model');
  for (const id of given.own) assert.ok(!foreign.includes(id), `${id} is listed to another organization`);
}

async function retrieving() {
  for (const key of [given.owner, given.reader]) {
    const { models, sent } = connect(key);
    const wanted = [...given.public, ...given.own];
    for (const id of wanted) {
      const model = await models.retrieve(id);
      checkModel(model);
      assert.equal(model.id, id);
      assert.match(model._request_id, /^req_/);
    }
    assert.equal(sent.length, wanted.length);
  }
}

// The responses for another organization's model and for a missing model must not differ.
function checkAlike([missing, foreign], [missingError, foreignError]) {
  assert.equal(foreign.body, missing.body.replace(MISSING, given.foreign_own));
  assert.deepEqual([...foreignError.headers.keys()], [...missingError.headers.keys()]);
}

async function retrievingAMissingModel() {
  const { models, sent } = connect(given.owner);
  const missing = await notFound(models.retrieve(MISSING), MISSING);
  const foreign = await notFound(models.retrieve(given.foreign_own), given.foreign_own);
  assert.equal(sent.length, 2);
  checkAlike(sent, [missing, foreign]);
}

async function emptyId() {
  const { models, sent } = connect(given.owner);
  const before = await ids(models);
  sent.length = 0;
  // This SDK sends `/models/`. A later version may refuse an empty id itself.
  for (const call of [() => models.retrieve(''), () => models.delete('')]) {
    const error = await (async () => call())().then(
      (result) => assert.fail(`the response to an empty id is ${JSON.stringify(result)}`),
      (error) => error,
    );
    if (sent.length === 0) continue;
    assert.ok(error instanceof OpenAI.NotFoundError, `${error}`);
    assert.match(error.error.message, /^Invalid URL \(/);
    assert.equal(error.code, null);
    assert.equal(sent.length, 1);
    sent.length = 0;
  }
  assert.deepEqual(await ids(models), before);
}

function checkTenantHeaders(headers) {
  assert.ok(headers.get('openai-organization'), 'no openai-organization');
  assert.equal(headers.get('openai-project'), given.project);
}

async function headers() {
  const { models } = connect(given.owner);
  for (const call of [models.list(), models.retrieve(given.public[0])]) {
    const { response, request_id } = await call.withResponse();
    assert.equal(response.status, 200);
    checkHeaders(response.headers);
    checkTenantHeaders(response.headers);
    assert.equal(response.headers.get('cache-control'), 'private, no-cache');
    assert.equal(request_id, response.headers.get('x-request-id'));
  }
}

async function headersOfAnError() {
  const { models } = connect(given.owner);
  const error = await notFound(models.retrieve(MISSING), MISSING);
  checkTenantHeaders(error.headers);
}

async function badKey() {
  const message = `Incorrect API key provided: ${BAD_KEY_REDACTED}.`;
  await unauthorized(connect(BAD_KEY), 'invalid_api_key', message);
}

async function wrongOrganization() {
  const message = 'OpenAI-Organization header should match organization for API key';
  const connection = connect(given.owner, { organization: given.other_organization });
  await unauthorized(connection, 'mismatched_organization', message);
}

async function wrongProject() {
  const message = 'OpenAI-Project header should match project for API key';
  const connection = connect(given.owner, { project: 'proj_elsewhere' });
  await unauthorized(connection, 'mismatched_project', message);
}

async function rightOrganizationAndProject() {
  const { organization, project } = given;
  const { models, sent } = connect(given.owner, { organization, project });
  assert.equal((await models.retrieve(given.public[0])).id, given.public[0]);
  assert.equal(sent[0].headers.get('openai-organization'), organization);
  assert.equal(sent[0].headers.get('openai-project'), project);
}

async function keyWithSpaces() {
  const { models } = connect(given.spaces);
  assert.equal((await models.retrieve(given.public[0])).id, given.public[0]);
  await notPermitted(models.delete(given.own[0]));
}

async function deletingAsReader() {
  const { models, sent } = connect(given.reader);
  // The service checks the role first, for any id.
  const refusals = [given.own[0], given.public[0], given.foreign_own, MISSING];
  for (const id of refusals) await notPermitted(models.delete(id));
  assert.equal(sent.length, refusals.length);
  await models.retrieve(given.own[0]);
}

async function deletingAPublicModel() {
  const { models, sent } = connect(given.owner);
  for (const id of given.public) await notPermitted(models.delete(id));
  assert.equal(sent.length, given.public.length);
  for (const id of given.public) await models.retrieve(id);
}

async function deletingAMissingModel() {
  const { models, sent } = connect(given.owner);
  const missing = await notFound(models.delete(MISSING), MISSING);
  const foreign = await notFound(models.delete(given.foreign_own), given.foreign_own);
  assert.equal(sent.length, 2);
  checkAlike(sent, [missing, foreign]);
  await connect(given.foreign).models.retrieve(given.foreign_own);
}

async function deleting() {
  const { models, sent } = connect(given.owner);
  for (const id of given.own) {
    sent.length = 0;
    const deleted = await models.delete(id);
    assert.deepEqual({ ...deleted }, { id, object: 'model', deleted: true });
    assert.match(deleted._request_id, /^req_/);
    await notFound(models.retrieve(id), id);
    await notFound(models.delete(id), id);
    assert.equal(sent.length, 3);
  }
  const left = await ids(models);
  for (const id of given.own) assert.ok(!left.includes(id), `${id} is still listed`);
}

async function deletingWhenTheResponseIsLost() {
  const { models, sent } = connect(given.owner, { baseURL: given.lossy_url });
  const [id] = given.lost;
  assert.deepEqual({ ...(await models.delete(id)) }, { id, object: 'model', deleted: true });
  const counts = sent.map((request) => request.headers.get('x-stainless-retry-count'));
  assert.deepEqual(counts, ['0', '1']);
  await notFound(models.retrieve(id), id);
}

async function outage() {
  const { models, sent } = connect(given.owner);
  for (const call of [() => models.retrieve(given.public[0]), () => models.delete(given.public[0])]) {
    sent.length = 0;
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError, `${error}`);
      assert.equal(error.status, 503);
      assert.equal(error.type, 'service_unavailable_error');
      assert.equal(error.code, 'server_is_overloaded');
      return true;
    });
    const counts = sent.map((request) => request.headers.get('x-stainless-retry-count'));
    assert.deepEqual(counts, ['0', '1', '2']);
  }
}

async function lineOfInput() {
  for await (const _ of createInterface({ input: process.stdin })) return;
  assert.fail('standard input ended before the outage');
}

let passed = 0;
async function run(check) {
  await check();
  passed += 1;
  console.log(`ok ${check.name}`);
}

const checks = [
  listing,
  listingIsWhole,
  listingAsIterator,
  listingByRoleAndOrganization,
  retrieving,
  retrievingAMissingModel,
  emptyId,
  headers,
  headersOfAnError,
  badKey,
  wrongOrganization,
  wrongProject,
  rightOrganizationAndProject,
  keyWithSpaces,
  deletingAsReader,
  deletingAPublicModel,
  deletingAMissingModel,
  deleting,
  deletingWhenTheResponseIsLost,
];
for (const check of checks) await run(check);

console.log('outage please');
await lineOfInput();
await run(outage);
console.log(`${passed} checks passed`);
process.stdin.destroy();
