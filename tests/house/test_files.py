"""What may stand in a file of this project."""

from __future__ import annotations

import json
import re
import tomllib

from tests.house.repository import ROOT, files, name, read, text_of

LONGEST = 500
GENERATED = re.compile(r"^web/src/(wire|gen|generated)/.*gen.*|\.d\.ts$")
SECRETS = {".p12", ".pfx", ".pem", ".key", ".crt", ".cer", ".der"}
PEM = re.compile(r"-----BEGIN [A-Z ]+-----(\\n|\s)+[A-Za-z0-9+/=]{40,}")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home|Users)/\w")


def test_no_source_file_is_longer_than_500_lines() -> None:
    lengths = {
        name(path): len(text_of(path).splitlines())
        for path in files(".py", ".ts", ".vue")
        if not GENERATED.search(name(path))
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_private_key_or_certificate_is_committed() -> None:
    assert [name(path) for path in files() if path.suffix in SECRETS or PEM.search(text_of(path))] == []


def test_no_path_of_one_machine_is_committed() -> None:
    assert [name(path) for path in files() if MACHINE_PATH.search(text_of(path))] == []


def test_every_python_requirement_is_pinned_with_hashes_and_no_address() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-faces.lock"):
        text = read(lock)
        assert not re.search(r"https?://|--index-url|--find-links|--trusted-host", text), lock
        entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
        loose = [
            entry.split()[0]
            for entry in entries
            if not re.match(r"[\w.\[\],-]+==\S+.*--hash=sha256:", entry, re.S)
        ]
        assert loose == [], lock


def test_the_runtime_lock_is_a_part_of_the_development_lock() -> None:
    pins = re.compile(r"(?m)^([\w.\[\],-]+==\S+)")
    assert set(pins.findall(read("requirements.lock"))) <= set(pins.findall(read("requirements-dev.lock")))


def test_every_named_requirement_is_in_its_lock() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": [*project["dependencies"], *extras["dev"]],
        "requirements-faces.lock": extras["faces"],
    }
    for lock, named in wanted.items():
        pinned = {_plain(pin) for pin in re.findall(r"(?m)^([\w.-]+)(?=[\[=])", read(lock))}
        assert {_plain(re.split(r"[\[<>=!~; ]", one)[0]) for one in named} - pinned == set(), lock


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def test_every_web_package_is_pinned_with_a_hash_and_no_address() -> None:
    packages = json.loads(read("web/package-lock.json"))["packages"]
    installed = {path: entry for path, entry in packages.items() if path and not entry.get("link")}
    assert [path for path, entry in installed.items() if "://" in entry.get("resolved", "")] == []
    assert [path for path, entry in installed.items() if not entry.get("integrity")] == []


def test_the_licence_of_the_metadata_is_the_licence_in_the_root() -> None:
    assert 'license = "Apache-2.0"' in read("pyproject.toml")
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
