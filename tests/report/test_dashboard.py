import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.dashboard import dashboard
from tests.helpers.pairwise import pairwise
from tests.helpers.run_folders import write_run
from tests.helpers.waiting import PATIENCE, ended
from tests.report.conftest import served

SECRET = "hunter2"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a dashboard of `outputs` with a run `a`; beside `outputs` lies a file with a secret."""
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "secret.txt").write_text(SECRET)
    write_run(folder / "outputs" / "a", metrics={"test/largest/accuracy": 0.9})
    (folder / "outputs" / "note.txt").write_text(SECRET)
    with served(folder / "outputs") as port:
        yield port


def ask(port, path="/", method="GET", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def test_it_serves_the_page_and_the_runs(port):
    answer, body = ask(port)
    assert answer.status == 200
    assert body.startswith("<!doctype html>")
    assert "connect-src 'self'" in body
    answer, body = ask(port, "/data?version=0&server=")
    assert answer.getheader("Content-Type") == "application/json"
    assert [run["id"] for run in json.loads(body)["runs"]] == ["a"]


ESCAPES = "/a/config.yaml /../secret.txt /..%2fsecret.txt /%2e%2e/secret.txt //secret.txt /note.txt"
FURTHER = "/data/../../secret.txt /data/a /etc/passwd /static/../secret.txt"


@pytest.mark.parametrize("path", [*ESCAPES.split(), *FURTHER.split()])
def test_no_path_reads_a_file(port, path):
    answer, body = ask(port, path)
    assert answer.status == 404
    assert SECRET not in body


@pytest.mark.parametrize(
    "query", ["version=-1", "version=abc", "version=1e9", "version=%D9%A3", "version=" + "9" * 400, "server=../..", ""]
)
def test_a_strange_question_gets_everything_or_nothing_and_no_error(port, query):
    answer, body = ask(port, f"/data?{query}")
    assert answer.status == 200
    assert [run["id"] for run in json.loads(body)["runs"]] == ["a"]


@pairwise(method=["POST", "PUT", "DELETE", "PATCH", "OPTIONS"], path=["/", "/data"])
def test_it_can_only_be_read(port, method, path):
    assert ask(port, path, method)[0].status == 405


OTHERS = "evil.example evil.example:80 127.0.0.1.evil.example 10.0.0.7 localhost.evil 127.0.0.1:80@evil.example"


@pytest.mark.parametrize("host", [*OTHERS.split(), "", "[::1]evil", "localhost:"])
def test_another_name_for_this_machine_is_refused(port, host):
    for path in ("/", "/data"):
        answer, body = ask(port, path, host=host)
        assert answer.status == 421
        assert "runs" not in body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "LOCALHOST", "[::1]:8765"])
def test_its_own_names_are_answered_on_any_port_as_a_tunnel_has_another(port, host):
    assert ask(port, "/data", host=host)[0].status == 200


def test_answers_say_that_they_are_for_this_page_alone(port):
    expected = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
    expected |= {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Access-Control-Allow-Origin": None}
    for path, host in (("/", None), ("/data", None), ("/nothing", None), ("/", "evil.example")):
        answer, _ = ask(port, path, host=host)
        assert {name: answer.getheader(name) for name in expected} == expected


def test_a_folder_or_port_that_will_not_do_is_said(tmp_path):
    with pytest.raises(ConfigError, match="nowhere is not a folder"):
        dashboard(str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="--port: expected 0 to 65535, found 70000"):
        dashboard(str(tmp_path), 70_000)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port {port} is taken; --port 0 takes a free one"):
            dashboard(str(tmp_path), port)


def test_the_command_binds_to_loopback_and_ctrl_c_ends_it_cleanly(tmp_path, repo):
    write_run(tmp_path / "a")
    before = sorted(path for path in tmp_path.rglob("*"))
    command = [sys.executable, "-W", "error", "-m", "mmfusion", "dashboard", str(tmp_path), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(repo)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=repo, env=environment
    )
    with ended(process):
        address, port = re.search(r"//([\d.]+):(\d+) ", process.stdout.readline()).groups()
        assert address == "127.0.0.1"
        answer, body = ask(int(port), "/data")
        assert (answer.status, json.loads(body)["ids"]) == (200, ["a"])
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")
    assert sorted(path for path in tmp_path.rglob("*")) == before
