"""Nothing in the repository names a host, a registry or a machine that somebody made up or that is somebody else's."""

import re
import tomllib

from tests.helpers.pages import BLOCK, PAGES, REPOSITORY, read_page

HOSTS = {"www.apache.org", "semver.org", "json-schema.org", "127.0.0.1"}
"""The licence's, the changelog's, the name of JSON Schema's dialect, and this machine; no other page is spoken for."""

SOURCES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.lock")
FOLDERS = ("mmfusion", "conf", "scripts", "docs", ".github", ".ci")


def texts(repo):
    paths = [repo / name for name in (*SOURCES, ".pre-commit-config.yaml")]
    paths += [path for folder in FOLDERS for path in (repo / folder).rglob("*") if path.is_file()]
    for path in paths:
        if "__pycache__" not in path.parts and path.suffix != ".png":
            yield path.relative_to(repo), path.read_text(encoding="utf-8")


def test_no_host_but_those_that_are_meant(repo):
    found = [(str(path), host) for path, text in texts(repo) for host in re.findall(r"https?://([\w.-]+)", text)]
    assert {host for _, host in found} == HOSTS, found


def test_no_registry_and_no_path_of_a_machine(repo):
    wrong = re.compile(r"index-url|pythonhosted|pypi\.|(?<![\w.])/(?:home|root|Users|work|tmp)/")
    assert [(str(path), match[0]) for path, text in texts(repo) for match in wrong.finditer(text)] == []
    assert all(str(repo) not in text for _, text in texts(repo))


def test_the_package_names_no_page_that_nobody_owns(repo):
    assert "urls" not in tomllib.loads((repo / "pyproject.toml").read_text())["project"]


def test_no_page_has_a_gap_and_every_link_leads_somewhere():
    for page in PAGES:
        text = BLOCK.sub("", read_page(page))
        assert "@@" not in text, page
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert ((REPOSITORY / page).parent / link).exists(), f"{page}: {link}"
