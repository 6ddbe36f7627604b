"""Checks a running Models API with the official Python SDK, with both its clients: OpenAI and AsyncOpenAI.

Usage: check.py JSON, where JSON names the service, keys and models to use:
base_url, lossy_url, owner, reader, foreign, spaces, organization, project, other_organization, public, own, lost,
foreign_own. The server at lossy_url forwards to the service, but drops the first response to each deletion.

The sync client deletes the first two models of `own`, and the async client the next two. After the script prints
`outage please`, it waits for a line on standard input. From then on, the service must respond with 503.
"""

import asyncio
import contextlib
import inspect
import json
import os
import re
import sys

import openai

# The SDK reads the organization, the project and more from the environment if an option is missing.
for name in [name for name in os.environ if name.startswith("OPENAI_")]:
    del os.environ[name]

MISSING = "no-such/model"
BAD_KEY = "sk-nobody-0123456789abcdef"
BAD_KEY_REDACTED = "sk-nobod" + "*" * (len(BAD_KEY) - 12) + "cdef"


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected):
    check(actual == expected, f"expected {expected!r}, got {actual!r}")


async def settle(result):
    """Returns the result of a call to either client, so that each check is written once."""
    return await result if inspect.isawaitable(result) else result


async def items(page):
    return [item async for item in page] if hasattr(page, "__aiter__") else list(page)


class Sync:
    name = "sync"
    client = openai.OpenAI
    http_client = openai.DefaultHttpxClient

    @staticmethod
    def recorder(requests):
        return requests.append


class Async:
    name = "async"
    client = openai.AsyncOpenAI
    http_client = openai.DefaultAsyncHttpxClient

    @staticmethod
    def recorder(requests):
        async def record(request):
            requests.append(request)

        return record


class Bench:
    def __init__(self, kind, given, own, lost):
        self.kind = kind
        self.own = own
        self.lost = lost
        self.lossy_url = given["lossy_url"]
        self.base_url = given["base_url"]
        self.owner = given["owner"]
        self.reader = given["reader"]
        self.foreign = given["foreign"]
        self.spaces = given["spaces"]
        self.organization = given["organization"]
        self.project = given["project"]
        self.other_organization = given["other_organization"]
        self.public = given["public"]
        self.foreign_own = given["foreign_own"]

    @contextlib.asynccontextmanager
    async def connect(self, key, **options):
        """Yields a client, and the list of its HTTP requests."""
        sent = []
        http_client = self.kind.http_client(
            event_hooks={"request": [self.kind.recorder(sent)]},
            follow_redirects=False,
            trust_env=False,
        )
        options = {"base_url": self.base_url, **options}
        client = self.kind.client(api_key=key, http_client=http_client, **options)
        try:
            yield client, sent
        finally:
            await settle(client.close())


def check_headers(headers):
    equal(headers["openai-version"], "2020-10-01")
    check(headers["openai-processing-ms"].isdecimal(), f"openai-processing-ms: {headers['openai-processing-ms']}")
    check(headers["x-request-id"].startswith("req_"), f"x-request-id: {headers['x-request-id']}")
    equal(headers["content-type"].split(";")[0], "application/json")


def check_model(model):
    check(type(model) is openai.types.Model, f"not a Model: {model!r}")
    check(type(model.id) is str and model.id, f"id: {model!r}")
    check(type(model.created) is int and 0 <= model.created < 2**32, f"created: {model!r}")
    equal(model.object, "model")
    check(type(model.owned_by) is str, f"owned_by: {model!r}")
    check("shutdown_date" in model.model_fields_set, f"no shutdown_date: {model!r}")
    date = model.shutdown_date
    check(date is None or re.fullmatch(r"\d{4}-\d{2}-\d{2}", date), f"shutdown_date: {model!r}")


async def refused(error_type, function, *arguments):
    """Returns the error of a call that the service must refuse."""
    try:
        result = await settle(function(*arguments))
    except openai.APIStatusError as error:
        check(type(error) is error_type, f"expected {error_type.__name__}, got {error!r}")
        check(error.request_id and error.request_id.startswith("req_"), f"request_id: {error.request_id}")
        check_headers(error.response.headers)
        equal(list(error.body), ["message", "type", "param", "code"])
        equal(error.type, "invalid_request_error")
        return error
    raise AssertionError(f"expected {error_type.__name__}, got {result!r}")


async def not_found(function, model):
    error = await refused(openai.NotFoundError, function, model)
    equal((error.code, error.param), ("model_not_found", "model"))
    equal(error.body["message"], f"The model '{model}' does not exist")
    return error


async def not_permitted(function, model):
    error = await refused(openai.PermissionDeniedError, function, model)
    equal((error.code, error.param), (None, None))
    message = error.body["message"]
    start = "You have insufficient permissions for this operation. Missing scopes: api.delete."
    check(message.startswith(start), message)


async def unauthorized(bench, key, code, message, **options):
    async with bench.connect(key, **options) as (client, sent):
        calls = [
            (client.models.list,),
            (client.models.retrieve, bench.public[0]),
            (client.models.delete, bench.public[0]),
        ]
        for call in calls:
            error = await refused(openai.AuthenticationError, *call)
            equal((error.code, error.param), (code, None))
            check(error.body["message"].startswith(message), error.body["message"])
            check(error.response.headers["www-authenticate"].startswith("Bearer realm="), "www-authenticate")
        equal(len(sent), len(calls))


async def listing(bench):
    async with bench.connect(bench.owner) as (client, sent):
        page = await settle(client.models.list())
        equal(page.object, "list")
        check(page._request_id.startswith("req_"), f"_request_id: {page._request_id}")
        for model in page.data:
            check_model(model)
        ids = [model.id for model in page.data]
        equal(len(ids), len(set(ids)))
        equal(set(bench.public + bench.own) - set(ids), set())
        check(bench.foreign_own not in ids, "a model of another organization is listed")

        equal(page.has_next_page(), False)
        equal([model.id for model in await items(page)], ids)
        equal(len(sent), 1)


async def listing_is_whole(bench):
    async with bench.connect(bench.owner) as (client, _):
        response = await settle(client.models.with_raw_response.list())
        equal(set(json.loads(response.http_response.content)), {"object", "data"})


async def listing_as_iterator(bench):
    async with bench.connect(bench.owner) as (client, sent):
        ids = [model.id for model in await items(client.models.list())]
        equal(len(ids), len(set(ids)))
        equal(len(sent), 1)


async def listing_by_role_and_organization(bench):
    listed = {}
    for key in (bench.owner, bench.reader, bench.foreign):
        async with bench.connect(key) as (client, _):
            listed[key] = {model.id for model in await items(await settle(client.models.list()))}
    equal(listed[bench.reader], listed[bench.owner])
    check(bench.foreign_own in listed[bench.foreign], "an organization does not see its own model")
    equal(listed[bench.foreign] & set(bench.own), set())


async def retrieving(bench):
    for key in (bench.owner, bench.reader):
        async with bench.connect(key) as (client, sent):
            ids = bench.public + bench.own
            for wanted in ids:
                model = await settle(client.models.retrieve(wanted))
                check_model(model)
                equal(model.id, wanted)
                check(model._request_id.startswith("req_"), f"_request_id: {model._request_id}")
            equal(len(sent), len(ids))


async def retrieving_a_missing_model(bench):
    async with bench.connect(bench.owner) as (client, sent):
        missing = await not_found(client.models.retrieve, MISSING)
        foreign = await not_found(client.models.retrieve, bench.foreign_own)
        equal(len(sent), 2)
    # The responses for another organization's model and for a missing model must not differ.
    expected = missing.response.text.replace(MISSING, bench.foreign_own)
    equal(foreign.response.text, expected)
    equal(sorted(foreign.response.headers), sorted(missing.response.headers))


async def empty_id(bench):
    async with bench.connect(bench.owner) as (client, sent):
        for function in (client.models.retrieve, client.models.delete):
            try:
                result = await settle(function(""))
            except ValueError:
                continue
            raise AssertionError(f"expected ValueError, got {result!r}")
        equal(sent, [])


def check_tenant_headers(bench, headers):
    check(headers["openai-organization"], "an empty openai-organization")
    equal(headers["openai-project"], bench.project)


async def headers(bench):
    async with bench.connect(bench.owner) as (client, _):
        raw = client.models.with_raw_response
        for response in (await settle(raw.list()), await settle(raw.retrieve(bench.public[0]))):
            equal(response.status_code, 200)
            check_headers(response.headers)
            check_tenant_headers(bench, response.headers)
            equal(response.headers["cache-control"], "private, no-cache")
            equal(response.request_id, response.headers["x-request-id"])


async def headers_of_an_error(bench):
    async with bench.connect(bench.owner) as (client, _):
        error = await not_found(client.models.retrieve, MISSING)
        check_tenant_headers(bench, error.response.headers)


async def bad_key(bench):
    message = f"Incorrect API key provided: {BAD_KEY_REDACTED}."
    await unauthorized(bench, BAD_KEY, "invalid_api_key", message)


async def wrong_organization(bench):
    message = "OpenAI-Organization header should match organization for API key"
    options = {"organization": bench.other_organization}
    await unauthorized(bench, bench.owner, "mismatched_organization", message, **options)


async def wrong_project(bench):
    message = "OpenAI-Project header should match project for API key"
    await unauthorized(bench, bench.owner, "mismatched_project", message, project="proj_elsewhere")


async def right_organization_and_project(bench):
    options = {"organization": bench.organization, "project": bench.project}
    async with bench.connect(bench.owner, **options) as (client, sent):
        equal((await settle(client.models.retrieve(bench.public[0]))).id, bench.public[0])
        equal(sent[0].headers["openai-organization"], bench.organization)
        equal(sent[0].headers["openai-project"], bench.project)


async def key_with_spaces(bench):
    async with bench.connect(bench.spaces) as (client, _):
        equal((await settle(client.models.retrieve(bench.public[0]))).id, bench.public[0])
        await not_permitted(client.models.delete, bench.own[0])


async def deleting_as_reader(bench):
    async with bench.connect(bench.reader) as (client, sent):
        # The service checks the role first, for any id.
        ids = [bench.own[0], bench.public[0], bench.foreign_own, MISSING]
        for model in ids:
            await not_permitted(client.models.delete, model)
        equal(len(sent), len(ids))
        await settle(client.models.retrieve(bench.own[0]))


async def deleting_a_public_model(bench):
    async with bench.connect(bench.owner) as (client, sent):
        for model in bench.public:
            await not_permitted(client.models.delete, model)
        equal(len(sent), len(bench.public))
        for model in bench.public:
            await settle(client.models.retrieve(model))


async def deleting_a_missing_model(bench):
    async with bench.connect(bench.owner) as (client, sent):
        missing = await not_found(client.models.delete, MISSING)
        foreign = await not_found(client.models.delete, bench.foreign_own)
        equal(len(sent), 2)
    equal(foreign.response.text, missing.response.text.replace(MISSING, bench.foreign_own))
    async with bench.connect(bench.foreign) as (client, _):
        await settle(client.models.retrieve(bench.foreign_own))


async def deleting(bench):
    async with bench.connect(bench.owner) as (client, sent):
        for model in bench.own[:2]:
            sent.clear()
            deleted = await settle(client.models.delete(model))
            check(type(deleted) is openai.types.ModelDeleted, repr(deleted))
            equal((deleted.id, deleted.deleted, deleted.object), (model, True, "model"))
            check(deleted._request_id.startswith("req_"), f"_request_id: {deleted._request_id}")
            await not_found(client.models.retrieve, model)
            await not_found(client.models.delete, model)
            equal(len(sent), 3)
        left = {model.id for model in await items(await settle(client.models.list()))}
        equal(left & set(bench.own), set(bench.own[2:]))


async def deleting_when_the_response_is_lost(bench):
    async with bench.connect(bench.owner, base_url=bench.lossy_url) as (client, sent):
        deleted = await settle(client.models.delete(bench.lost))
        equal((deleted.id, deleted.deleted, deleted.object), (bench.lost, True, "model"))
        equal([request.headers["x-stainless-retry-count"] for request in sent], ["0", "1"])
        await not_found(client.models.retrieve, bench.lost)


async def outage(bench):
    async with bench.connect(bench.owner) as (client, sent):
        for function in (client.models.retrieve, client.models.delete):
            sent.clear()
            try:
                result = await settle(function(bench.public[0]))
            except openai.InternalServerError as error:
                equal(error.status_code, 503)
                equal((error.type, error.code), ("service_unavailable_error", "server_is_overloaded"))
            else:
                raise AssertionError(f"expected InternalServerError, got {result!r}")
            equal([request.headers["x-stainless-retry-count"] for request in sent], ["0", "1", "2"])


CHECKS = [
    listing,
    listing_is_whole,
    listing_as_iterator,
    listing_by_role_and_organization,
    retrieving,
    retrieving_a_missing_model,
    empty_id,
    headers,
    headers_of_an_error,
    bad_key,
    wrong_organization,
    wrong_project,
    right_organization_and_project,
    key_with_spaces,
    deleting_as_reader,
    deleting_a_public_model,
    deleting_a_missing_model,
    deleting,
    deleting_when_the_response_is_lost,
]


async def main():
    given = json.loads(sys.argv[1])
    lost = given["lost"]
    benches = [Bench(Sync, given, given["own"], lost[0]), Bench(Async, given, given["own"][2:], lost[1])]
    passed = 0

    async def run(function, bench):
        nonlocal passed
        await function(bench)
        passed += 1
        print(f"ok {bench.kind.name} {function.__name__}", flush=True)

    for bench in benches:
        for function in CHECKS:
            await run(function, bench)

    print("outage please", flush=True)
    check(sys.stdin.readline(), "standard input ended before the outage")
    for bench in benches:
        await run(outage, bench)
    print(f"{passed} checks passed")


asyncio.run(main())
