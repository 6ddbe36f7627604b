"""The life of a project, with the official Python SDK: from the first admin key to the deletion of everything.

Usage: admin_life.py JSON, where JSON names the service, an admin key and public models:
base_url, admin_key, public. The organization of the admin key has no models of its own.
"""

import json
import os
import sys
import time

import openai

# The SDK reads keys and more from the environment if an option is missing.
for name in [name for name in os.environ if name.startswith("OPENAI_")]:
    del os.environ[name]

DAY = 24 * 60 * 60


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected):
    check(actual == expected, f"expected {expected!r}, got {actual!r}")


def refused(error_type, function, *arguments, **options):
    """Returns the error of a call that the service must refuse."""
    try:
        result = function(*arguments, **options)
    except openai.APIStatusError as error:
        check(type(error) is error_type, f"expected {error_type.__name__}, got {error!r}")
        check(error.request_id and error.request_id.startswith("req_"), f"request_id: {error.request_id}")
        equal(list(error.body), ["message", "type", "param", "code"])
        return error
    raise AssertionError(f"expected {error_type.__name__}, got {result!r}")


def check_time(actual, expected):
    check(type(actual) is int and abs(actual - expected) < 60, f"expected about {expected}, got {actual!r}")


class Life:
    """The steps of a life, in their order. Each step uses the results of the steps before it."""

    def __init__(self, given):
        self.base_url = given["base_url"]
        self.public = sorted(given["public"])
        self.first_key = given["admin_key"]
        self.first = self.administrator(given["admin_key"])

    def client(self, **keys):
        return openai.OpenAI(base_url=self.base_url, max_retries=0, _strict_response_validation=True, **keys)

    def administrator(self, key):
        return self.client(admin_api_key=key).admin.organization

    def models(self, key):
        return self.client(api_key=key).models

    def visible(self, key):
        return sorted(model.id for model in self.models(key).list())

    def keys(self):
        return {key.id for key in self.projects.api_keys.list(self.project.id)}

    def check_revoked(self, key):
        error = refused(openai.AuthenticationError, self.models(key).list)
        equal(error.code, "invalid_api_key")

    def an_admin_key_creates_another(self):
        created = self.first.admin_api_keys.create(name="platform", expires_in_seconds=DAY)
        self.admin_key = created
        check(created.value.startswith("sk-admin-"), f"value: {created.value[:12]}")
        check_time(created.created_at, time.time())
        equal(created.expires_at, created.created_at + DAY)

        shown = self.first.admin_api_keys.retrieve(created.id)
        check("value" not in shown.model_fields_set | set(shown.model_extra), f"a value: {shown!r}")
        check(created.value not in shown.to_json(), "the response shows the key again")
        equal((shown.name, shown.redacted_value), ("platform", created.redacted_value))
        self.organization = self.administrator(created.value)
        self.projects = self.organization.projects

    def an_admin_key_only_administers(self):
        refused(openai.PermissionDeniedError, self.models(self.admin_key.value).list)

    def it_creates_a_project(self):
        created = self.projects.create(name="Staging")
        equal((created.object, created.status, created.archived_at), ("organization.project", "active", None))
        self.project = self.projects.update(created.id, name="Production")
        equal((self.project.id, self.project.name), (created.id, "Production"))
        equal(self.projects.retrieve(created.id), self.project)
        check(self.project in list(self.projects.list()), "the project is not listed")

    def it_sets_an_allow_list(self):
        permissions = self.projects.model_permissions
        unset = permissions.retrieve(self.project.id)
        equal((unset.mode, unset.api_model_ids), ("deny_list", []))
        allowed = self.public[:1]
        updated = permissions.update(self.project.id, mode="allow_list", model_ids=allowed)
        equal((updated.mode, updated.api_model_ids), ("allow_list", allowed))
        equal(permissions.retrieve(self.project.id), updated)

    def it_creates_a_service_account_with_a_key(self):
        created = self.projects.service_accounts.create(self.project.id, name="Worker")
        equal(created.role, "member")
        self.account, self.key = created, created.api_key
        shown = self.projects.service_accounts.retrieve(created.id, project_id=self.project.id)
        equal((shown.id, shown.name, shown.role), (created.id, "Worker", "member"))
        key = self.projects.api_keys.retrieve(self.key.id, project_id=self.project.id)
        equal((key.owner.type, key.owner.service_account.id), ("service_account", created.id))
        check(self.key.value not in key.to_json(), "the response shows the key again")

    def the_key_sees_the_allowed_models(self):
        allowed, denied = self.public[0], self.public[1]
        equal(self.visible(self.key.value), [allowed])
        models = self.models(self.key.value)
        equal(models.retrieve(allowed).id, allowed)
        equal(refused(openai.NotFoundError, models.retrieve, denied).code, "model_not_found")

    def the_key_does_not_administer(self):
        organization = self.administrator(self.key.value)
        refused(openai.PermissionDeniedError, organization.projects.list)
        refused(openai.PermissionDeniedError, organization.audit_logs.list)

    def a_wider_list_shows_more_at_once(self):
        permissions = self.projects.model_permissions
        permissions.update(self.project.id, mode="allow_list", model_ids=self.public[:2])
        equal(self.visible(self.key.value), self.public[:2])
        permissions.update(self.project.id, mode="deny_list", model_ids=self.public[:1])
        equal(self.visible(self.key.value), self.public[1:])
        permissions.update(self.project.id, mode="allow_list", model_ids=[])
        equal(self.visible(self.key.value), [])
        equal(permissions.delete(self.project.id).deleted, True)
        equal(self.visible(self.key.value), self.public)

    def scopes_restrict_the_key(self):
        keys, project = self.projects.api_keys, self.project.id
        for scopes in (["api.all.read"], []):
            updated = keys.update(self.key.id, project_id=project, scopes=["api.files.read"])
            equal(updated.id, self.key.id)
            refused(openai.PermissionDeniedError, self.models(self.key.value).list)
            keys.update(self.key.id, project_id=project, scopes=scopes)
            equal(self.visible(self.key.value), self.public)

    def the_key_registers_models(self):
        """The SDK has no function that registers a model, so this uses the function for any request."""
        client = self.client(api_key=self.key.value)

        def register(path="/models", body=None, **options):
            return client.post(path, body=body, cast_to=openai.types.Model, options=options)

        fields = {"id": "weather/v1", "created": 1760000000, "shutdown_date": "2027-12-31"}
        registered = register(body=fields)
        self.registered = registered.id
        equal((registered.id, registered.object, registered.created), ("weather/v1", "model", 1760000000))
        equal((registered.owned_by, registered.shutdown_date), ("Acme", "2027-12-31"))
        equal(client.models.retrieve("weather/v1"), registered)
        equal(self.visible(self.key.value), sorted([*self.public, "weather/v1"]))
        equal(register(body=fields), registered)
        refused(openai.ConflictError, register, body={**fields, "created": 1})
        refused(openai.ConflictError, register, body={"id": self.public[0]})
        equal(refused(openai.BadRequestError, register, body={"id": "a", "colour": "red"}).param, "colour")
        updated = register("/models/weather%2Fv1", {"owned_by": "Research", "shutdown_date": None})
        equal((updated.owned_by, updated.shutdown_date, updated.created), ("Research", None, 1760000000))

        tuned = {"base_model": self.public[0], "suffix": "weather"}
        minted = register(body=tuned)
        check(minted.id.startswith(f"ft:{self.public[0]}:acme:weather:"), f"id: {minted.id}")
        repeated = register(body=tuned, headers={"x-stainless-retry-count": "1"})
        equal(repeated, minted)
        check(register(body=tuned).id != minted.id, "a new request got the id of an earlier one")
        equal(len(self.visible(self.key.value)), len(self.public) + 3)

    def a_policy_restricts_registrations(self):
        client, permissions = self.client(api_key=self.key.value), self.projects.model_permissions
        permissions.update(self.project.id, mode="deny_list", model_ids=["secret-*"])
        for name in ("secret-1", "secret-2"):
            refused(openai.PermissionDeniedError, client.post, "/models", body={"id": name}, cast_to=openai.types.Model)
        permissions.delete(self.project.id)

    def an_owner_deletes_the_registered_models(self):
        accounts, project = self.projects.service_accounts, self.project.id
        refused(openai.PermissionDeniedError, self.models(self.key.value).delete, self.registered)
        accounts.update(self.account.id, project_id=project, role="owner")
        models = self.models(self.key.value)
        for model in set(self.visible(self.key.value)) - set(self.public):
            equal(models.delete(model).deleted, True)
        equal(self.visible(self.key.value), self.public)
        accounts.update(self.account.id, project_id=project, role="member")

    def an_update_without_a_value_is_refused(self):
        keys, project = self.projects.api_keys, self.project.id
        for field in ("scopes", "expires_in_seconds"):
            error = refused(
                openai.BadRequestError, keys.update, self.key.id, project_id=project, extra_body={field: None}
            )
            equal(error.param, field)
        refused(openai.BadRequestError, keys.update, self.key.id, project_id=project)

    def the_key_rotates(self):
        keys, project = self.projects.api_keys, self.project.id
        old = self.key
        self.key = self.projects.service_accounts.api_keys.create(
            self.account.id, project_id=project, name="second", scopes=["api.all.read"]
        )
        equal((self.key.name, self.key.expires_at), ("second", None))
        equal(self.keys(), {old.id, self.key.id})
        # For a while, both keys work.
        check_time(keys.update(old.id, project_id=project, expires_in_seconds=DAY).expires_at, time.time() + DAY)
        for key in (old, self.key):
            equal(self.visible(key.value), self.public)
        deleted = keys.delete(old.id, project_id=project)
        equal((deleted.id, deleted.deleted), (old.id, True))
        self.check_revoked(old.value)
        refused(openai.NotFoundError, keys.retrieve, old.id, project_id=project)
        equal(self.visible(self.key.value), self.public)
        equal(self.keys(), {self.key.id})

    def deleting_the_account_revokes_its_key(self):
        accounts, project = self.projects.service_accounts, self.project.id
        deleted = accounts.delete(self.account.id, project_id=project)
        equal((deleted.id, deleted.deleted), (self.account.id, True))
        self.check_revoked(self.key.value)
        refused(openai.NotFoundError, accounts.retrieve, self.account.id, project_id=project)
        equal(self.keys(), set())

    def archiving_the_project_revokes_its_keys(self):
        accounts, project = self.projects.service_accounts, self.project.id
        key = accounts.create(project, name="Late").api_key
        equal(self.visible(key.value), self.public)
        archived = self.projects.archive(project)
        equal((archived.id, archived.status), (project, "archived"))
        self.check_revoked(key.value)
        refused(openai.BadRequestError, self.projects.update, project, name="Again")
        refused(openai.BadRequestError, accounts.create, project, name="Later")
        listed = [{listed.id for listed in self.projects.list(include_archived=archived)} for archived in (False, True)]
        equal([project in ids for ids in listed], [False, True])

    def the_admin_key_is_deleted(self):
        deleted = self.first.admin_api_keys.delete(self.admin_key.id)
        equal((deleted.id, deleted.deleted), (self.admin_key.id, True))
        error = refused(openai.AuthenticationError, self.projects.list)
        equal(error.code, "invalid_api_key")
        check(self.admin_key.id not in {key.id for key in self.first.admin_api_keys.list()}, "the key is listed")

    def the_audit_log_has_it_all(self):
        # The types of keys of administrators, of permissions and of organizations are this service's own.
        lenient = openai.OpenAI(base_url=self.base_url, max_retries=0, admin_api_key=self.first_key)
        logs = lenient.admin.organization.audit_logs
        entries = list(logs.list(limit=4))
        for entry in reversed(entries):
            print(f"   {entry.effective_at} {entry.type} {self.details(entry)['id']} by {entry.actor.name}")
        equal(len({entry.id for entry in entries}), len(entries))
        equal([entry.id for entry in entries], [entry.id for entry in logs.list(limit=100).data])
        equal([entry.type for entry in reversed(entries)], [
            "organization.created", "admin_api_key.created",
            "admin_api_key.created",
            "project.created", "project.updated",
            "model_permissions.updated",
            "service_account.created", "api_key.created",
            *["model_permissions.updated"] * 4,
            *["api_key.updated"] * 4,
            "model.created", "model.updated", *["model.created"] * 2,
            *["model_permissions.updated"] * 2,
            "service_account.updated", *["model.deleted"] * 3, "service_account.updated",
            "api_key.created", "api_key.updated", "api_key.deleted",
            "api_key.deleted", "service_account.deleted",
            "service_account.created", "api_key.created",
            "project.archived",
            "admin_api_key.deleted",
        ])
        by_platform = logs.list(actor_ids=[self.admin_key.id], limit=100).data
        # The key registered and deleted the models.
        equal(by_platform, [entry for entry in entries[1:-3] if not self.is_of_model(entry)])
        for entry in filter(self.is_of_model, entries):
            equal(entry.actor.api_key.service_account.id, self.account.id)
        for entry in by_platform:
            equal((entry.actor.type, entry.actor.api_key.id), ("api_key", self.admin_key.id))
            equal(entry.project.id, self.project.id)
            check(entry.request_id.startswith("req_"), f"request_id: {entry.request_id}")
        check_time(entries[0].effective_at, time.time())

        renamed = logs.list(event_types=["project.updated"], resource_ids=[self.project.id]).data[0]
        equal((renamed.before["name"], renamed.after["name"]), ("Staging", "Production"))
        equal(renamed.project_updated.changes_requested.title, "Production")
        created = logs.list(event_types=["api_key.created"], project_ids=[self.project.id]).data[1]
        equal((created.api_key_created.id, created.api_key_created.data.scopes), (self.key.id, ["api.all.read"]))
        text = logs.list(limit=100).to_json()
        check(self.admin_key.value not in text and self.key.value not in text, "the log has a key")

    @staticmethod
    def is_of_model(entry):
        return entry.type.startswith("model.")

    @staticmethod
    def details(entry):
        return entry.to_dict()[entry.type]

    STEPS = (
        an_admin_key_creates_another,
        an_admin_key_only_administers,
        it_creates_a_project,
        it_sets_an_allow_list,
        it_creates_a_service_account_with_a_key,
        the_key_sees_the_allowed_models,
        the_key_does_not_administer,
        a_wider_list_shows_more_at_once,
        scopes_restrict_the_key,
        the_key_registers_models,
        a_policy_restricts_registrations,
        an_owner_deletes_the_registered_models,
        an_update_without_a_value_is_refused,
        the_key_rotates,
        deleting_the_account_revokes_its_key,
        archiving_the_project_revokes_its_keys,
        the_admin_key_is_deleted,
        the_audit_log_has_it_all,
    )


def main():
    life = Life(json.loads(sys.argv[1]))
    for step in Life.STEPS:
        step(life)
        print(f"ok {step.__name__}", flush=True)
    print(f"{len(Life.STEPS)} checks passed")


main()
