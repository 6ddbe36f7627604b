"""A pytest plug-in for the SDK's own tests of the administration API.

It runs the service for them, and gives each test the resources whose literal ids the tests use. Some tests delete or
archive these resources, and the service never gives an id to a second resource. So before a test, the plug-in checks
the resources. If one is spent, it stops the service, restores the database and starts the service again.

SDK_TESTS_PROGRAM is the program, and SDK_TESTS_DIRECTORY is its directory, in which a SQLite database is prepared.
"""

import http.client
import json
import os
import pathlib
import random
import socket
import subprocess
import tempfile
import time

import pytest

ADMIN_KEY = "My Admin API Key"

# The resources of the tests, and the fields that an unspent resource has.
RESOURCES = {
    "projects/project_id": {"status": "active"},
    "projects/project_id/service_accounts/service_account_id": {},
    "projects/project_id/api_keys/api_key_id": {"expires_at": None},
    "admin_api_keys/key_id": {"expires_at": None},
}

START_TIMEOUT = 30


def free_port():
    """A free port below those that the system gives out, so that it stays free while the service starts again."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Service:
    """The running program. Its port stays the same, because the SDK's clients read the base URL only once."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = pathlib.Path(directory)
        self.prepared = {path: path.read_bytes() for path in self.files()}
        self.port = free_port()
        self.process = None
        self.log = tempfile.TemporaryFile()
        self.starts = 0

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def files(self):
        return [path for path in self.directory.rglob("*") if path.is_file()]

    def restart(self):
        self.stop()
        self.restore()
        self.starts += 1
        port = {"MODELS__SERVER__PORT": str(self.port), "MODELS__OPERATIONS__PORT": "0"}
        self.process = subprocess.Popen(
            [self.program, "serve"], cwd=self.directory, env=os.environ | port, stdout=self.log, stderr=self.log
        )
        self.wait()

    def restore(self):
        """Overwrites the files in place. After a move to new files, changes would wait for a lease, in which a node of
        the old ones might still run."""
        for path in self.files():
            if path not in self.prepared:
                path.unlink()
        for path, contents in self.prepared.items():
            path.write_bytes(contents)

    def wait(self):
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                ended = self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError(f"the service did not start:\n{self.logged()}") from None
                time.sleep(0.005)

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode()

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.stop()
        self.log.close()

    def is_unspent(self, resource, fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_TIMEOUT)
        try:
            connection.request(
                "GET", f"/v1/organization/{resource}", headers={"Authorization": f"Bearer {ADMIN_KEY}"}
            )
            response = connection.getresponse()
            body = json.load(response)
        finally:
            connection.close()
        return response.status == 200 and fields.items() <= body.items()

    def spent(self):
        """The paths of the resources that a test has spent."""
        return [resource for resource, fields in RESOURCES.items() if not self.is_unspent(resource, fields)]


SERVICE = Service(os.environ["SDK_TESTS_PROGRAM"], os.environ["SDK_TESTS_DIRECTORY"])

# The tests read this variable when pytest imports them.
os.environ["TEST_API_BASE_URL"] = SERVICE.base_url


@pytest.fixture(autouse=True)
def resources():
    """Restores the resources if a test has spent them."""
    if SERVICE.process is not None and not SERVICE.spent():
        return
    SERVICE.restart()
    spent = SERVICE.spent()
    assert not spent, f"the prepared database lacks {spent}\n{SERVICE.logged()}"


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"the service started {SERVICE.starts} times")


def pytest_unconfigure():
    SERVICE.close()
