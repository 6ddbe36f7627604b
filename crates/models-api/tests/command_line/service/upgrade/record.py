#!/usr/bin/env python3
"""Records the responses of a version of the service. A test checks that later versions give the same responses.

    record.py PROGRAM DIRECTORY POSTGRES_URL

PROGRAM is the built program of the version. DIRECTORY is the output directory, named after the version's commit. It must
contain a file `upgrade.toml` with settings in the form of that version. POSTGRES_URL is a server on which the script may
create a database. The script needs sqlite3 and pg_dump.

For each kind of database, the script creates a catalog with the version's own command line and dumps it to `sqlite.sql` or
`postgres.sql`. It then serves the catalog, sends the requests below, and writes them with their responses to `sqlite.json`
or `postgres.json`. The secrets in these files belong to throwaway keys.

The responses must not change by a byte, except for the headers in `MASKED`. The requests therefore cover only responses
that the contract documents, and no message that a later version may improve.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

# These headers differ between two runs of the same version. A revision token depends on the epoch of the database. On
# SQLite the file holds the epoch; on PostgreSQL it depends on the server.
MASKED = {"x-request-id", "date", "openai-processing-ms"}
MASKED_ON_POSTGRES = {"x-models-revision"}

PUBLIC = [
    {"id": "gpt-4o", "created": 1715367049, "owned_by": "system"},
    {"id": "gpt-4o-mini", "created": 1721172741, "owned_by": "system"},
    {"id": "text-embedding-3-small", "created": 1705948997, "owned_by": "system", "shutdown_date": "2027-01-31"},
    {"id": "vendor/model:latest", "created": 0, "owned_by": "vendor"},
    {"id": "modell-ü-模型", "created": 1700000000, "owned_by": "größe"},
    {"id": "shadowed", "created": 1600000000, "owned_by": "system"},
] + [{"id": f"bulk-{number:02}", "created": 1650000000 + number, "owned_by": "system"} for number in range(12)]
OWN = [
    {"id": "ft:gpt-4o:acme::a1b2", "created": 1730000000},
    {"id": "ft:gpt-4o:acme::gone", "created": 1730000001},
    {"id": "name with spaces", "created": 1730000002},
    {"id": 'we"ird\\id', "created": 1730000003},
    {"id": "zero\u200bwidth", "created": 1730000004},
    {"id": " padded ", "created": 1730000005},
    {"id": "100%", "created": 1730000006},
    {"id": "shadowed", "created": 1730000008},
    {"id": "to-delete", "created": 1730000009},
]
OTHERS = [{"id": "ft:gpt-4o:other::secret", "created": 1730000000}]


def requests(keys):
    """Yields name, method, path, headers, and a header. The request is repeated until the response has that header.
    `If-None-Match` names the response whose ETag is sent."""
    owner, reader, writer, other = (keys[name] for name in ("owner", "reader", "writer", "other"))
    bearer = lambda key: {"Authorization": f"Bearer {key}"}
    list_path = "/v1/models"
    model = lambda name: list_path + "/" + name
    yield "list as owner", "GET", list_path, bearer(owner), None
    yield "list as reader", "GET", list_path, bearer(reader), None
    yield "list as writer", "GET", list_path, bearer(writer), None
    yield "list of another organization", "GET", list_path, bearer(other), None
    yield "list with a query", "GET", list_path + "?limit=1&after=gpt-4o", bearer(reader), None
    yield "HEAD of the list", "HEAD", list_path, bearer(reader), None
    for coding in ("gzip", "br", "zstd"):
        yield f"list in {coding}", "GET", list_path, bearer(reader) | {"Accept-Encoding": coding}, "content-encoding"
    yield "list without a coding", "GET", list_path, bearer(reader) | {"Accept-Encoding": "identity"}, None
    for name in ("gpt-4o", "text-embedding-3-small", "vendor/model:latest", "vendor%2Fmodel:latest",
                 "modell-%C3%BC-%E6%A8%A1%E5%9E%8B", "ft:gpt-4o:acme::a1b2", "ft%3Agpt-4o%3Aacme%3A%3Aa1b2",
                 "name%20with%20spaces", "we%22ird%5Cid", "zero%E2%80%8Bwidth", "%20padded%20", "100%25",
                 "shadowed"):
        yield f"retrieve {name}", "GET", model(name), bearer(owner), None
    yield "304 for the list", "GET", list_path, bearer(reader) | {"If-None-Match": "list as reader"}, None
    yield "304 for a model", "GET", model("gpt-4o"), bearer(reader) | {"If-None-Match": "retrieve gpt-4o"}, None
    yield "HEAD of a model", "HEAD", model("gpt-4o"), bearer(reader), None
    yield "shadowed for another", "GET", model("shadowed"), bearer(other), None
    for name in ("missing", "ft:gpt-4o:other::secret", "%C3%A4"):
        yield f"retrieve {name}", "GET", model(name), bearer(owner), None
    for key in ("revoked", "expired"):
        yield f"list with a key that is {key}", "GET", list_path, bearer(keys[key]), None
    yield "list with an unknown key", "GET", list_path, bearer("sk-unknown-0123456789abcdef"), None
    yield "list without a key", "GET", list_path, {}, None
    yield "list with another scheme", "GET", list_path, {"Authorization": "Basic eDp5"}, None
    yield "another organization's header", "GET", list_path, bearer(reader) | {"OpenAI-Organization": "org-other"}, None
    yield "another project's header", "GET", list_path, bearer(reader) | {"OpenAI-Project": "proj_other"}, None
    yield "the slug as organization", "GET", list_path, bearer(reader) | {"OpenAI-Organization": "acme"}, None
    yield "an unsupported method", "POST", list_path, bearer(owner), None
    yield "an unsupported method for a model", "PUT", model("gpt-4o"), bearer(owner), None
    yield "delete as reader", "DELETE", model("to-delete"), bearer(reader), None
    yield "delete as writer", "DELETE", model("to-delete"), bearer(writer), None
    yield "delete a public model", "DELETE", model("gpt-4o"), bearer(owner), None
    yield "delete a missing model", "DELETE", model("missing"), bearer(owner), None
    yield "delete another's model", "DELETE", model("ft:gpt-4o:other::secret"), bearer(owner), None
    for name in ("to-delete", "zero%E2%80%8Bwidth", "%20padded%20", "shadowed"):
        yield f"delete {name}", "DELETE", model(name), bearer(owner), None
    repeated = bearer(owner) | {"X-Stainless-Retry-Count": "1"}
    yield "delete to-delete, repeated", "DELETE", model("to-delete"), repeated, None
    yield "retrieve what was deleted", "GET", model("to-delete"), bearer(owner), None
    yield "retrieve what was shadowed", "GET", model("shadowed"), bearer(owner), None
    yield "list after the deletions", "GET", list_path, bearer(owner), None


def send(address, method, path, headers):
    host, port = address.rsplit(":", 1)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("\r\n".join(lines + ["", ""]).encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, body = received.split(b"\r\n\r\n", 1)
    status, *fields = head.decode().split("\r\n")
    return status, [field.split(": ", 1) for field in fields], body


def record(program, directory, url, masked, dump):
    work = pathlib.Path(tempfile.mkdtemp())
    (work / "config").mkdir()
    shutil.copy(directory / "upgrade.toml", work / "config" / "upgrade.toml")
    environment = {"PATH": os.environ["PATH"], "MODELS_ENVIRONMENT": "upgrade",
                   "MODELS__DATABASE__URL": url(work), "MODELS__LOG__FORMAT": "json"}

    def run(*arguments, text=""):
        done = subprocess.run([program, *arguments], cwd=work, env=environment, input=text, capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    run("migrate")
    for slug, name in (("acme", "Acme Inc."), ("other", "Other & Söhne")):
        run("organization", "create", "--slug", slug, "--name", name)
    keys = {}
    for name, organization, role, more in (
        ("owner", "acme", "owner", []), ("reader", "acme", "reader", []), ("writer", "acme", "writer", []),
        ("other", "other", "owner", []), ("revoked", "acme", "owner", []),
        ("expired", "acme", "owner", ["--expires-in", "1s"]),
    ):
        created = json.loads(run("key", "create", "--organization", organization, "--role", role, "--name", name, *more, "--json"))
        keys[name] = created["value"]
        if name == "revoked":
            run("key", "revoke", created["id"])
    run("model", "import", "-", text=json.dumps({"object": "list", "data": PUBLIC}))
    run("model", "import", "-", "--organization", "acme", text=json.dumps({"object": "list", "data": OWN}))
    run("model", "import", "-", "--organization", "other", text=json.dumps({"object": "list", "data": OTHERS}))
    run("model", "delete", "ft:gpt-4o:acme::gone", "--organization", "acme")
    time.sleep(2)
    sql = dump(work)

    with open(work / "log", "w+") as log:
        service = subprocess.Popen([program, "serve"], cwd=work, env=environment, stderr=log, stdout=subprocess.DEVNULL)
        try:
            address = None
            while not address:
                time.sleep(0.1)
                assert service.poll() is None, (work / "log").read_text()
                for line in (work / "log").read_text().splitlines():
                    address = address or json.loads(line).get("address")
            recorded = []
            for name, method, path, headers, until in requests(keys):
                if before := headers.get("If-None-Match"):
                    before = next(entry for entry in recorded if entry["name"] == before)
                    headers["If-None-Match"] = dict(before["fields"])["etag"]
                for _ in range(100):
                    status, fields, body = send(address, method, path, headers)
                    if until is None or any(field == until for field, _ in fields):
                        break
                    time.sleep(0.1)
                fields = [[field, "*" if field in masked else value] for field, value in fields]
                try:
                    text = {"body": body.decode()}
                except UnicodeDecodeError:
                    text = {"body_hex": body.hex()}
                recorded.append({"name": name, "method": method, "path": path, "headers": headers, "until": until,
                                 "status": status, "fields": fields, **text})
        finally:
            service.terminate()
            service.wait()
    shutil.rmtree(work)
    return sql, recorded


def sqlite_dump(work):
    return subprocess.run(["sqlite3", work / "models.db", ".dump"], check=True, capture_output=True, text=True).stdout


def postgres_dump(url):
    command = ["pg_dump", "--no-owner", "--no-privileges", "--inserts", url]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Lines with a backslash are commands to psql, which the test does not understand.
    return "".join(line + "\n" for line in dump.split("\n") if not line.startswith("\\"))


def main():
    program, directory, server = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]

    def write(kind, sql, recorded):
        (directory / f"{kind}.sql").write_text(sql)
        text = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in recorded)
        (directory / f"{kind}.json").write_text(f"[\n{text}\n]\n")

    write("sqlite", *record(program, directory, lambda work: f"sqlite://{work}/models.db", MASKED, sqlite_dump))
    name = f"models_upgrade_{os.getpid()}"
    url = re.sub(r"/[^/]*$", f"/{name}", server)
    psql = lambda statement: subprocess.run(["psql", "-qX", server, "-c", statement], check=True)
    psql(f"CREATE DATABASE {name}")
    try:
        write("postgres", *record(program, directory, lambda _: url, MASKED | MASKED_ON_POSTGRES, lambda _: postgres_dump(url)))
    finally:
        psql(f"DROP DATABASE {name} WITH (FORCE)")


main()
