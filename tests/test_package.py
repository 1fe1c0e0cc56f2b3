"""Tests the package that `pip install .` makes: which files it has, and that the installed command serves the page."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.languages.catalogue import languages
from playground.lessons.folders import read_all
from playground.models.built_in import built_in_folders
from playground.places import CHECKOUT

NOT_COPIED = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "build", "*.egg-info")
NOT_READ = {".png", ".json", ".jsonc", ".ts"}
"""Endings of files directly in `assets/` that the program does not read: pictures of documents, settings of tools."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of the checkout, in which a build leaves its files."""
    assert CHECKOUT is not None
    return shutil.copytree(CHECKOUT, tmp_path_factory.mktemp("package") / "sources", ignore=NOT_COPIED)


def built(sources: Path, kind: str) -> Path:
    """Returns the wheel or the archive of the sources, built with the setuptools that is here."""
    program = f"import setuptools.build_meta as backend; print(backend.build_{kind}('dist'))"
    told = subprocess.run([sys.executable, "-c", program], cwd=sources, capture_output=True, text=True, check=True)
    return sources / "dist" / told.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(sources) -> Path:
    return built(sources, "wheel")


def test_the_wheel_has_all_that_the_program_reads_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    code = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "playground").rglob("*.py")}
    read = {path for path in (CHECKOUT / "assets").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    read -= {path for path in read if path.parent == CHECKOUT / "assets" and path.suffix in NOT_READ}
    assert names == code | {f"playground/{path.relative_to(CHECKOUT).as_posix()}" for path in read}


def test_the_wheel_asks_for_what_the_requirements_say_and_has_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        told = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    listed = (CHECKOUT / "requirements.txt").read_text("utf-8").splitlines()
    asked = re.findall(r"^Requires-Dist: (.+)$", told["METADATA"], re.MULTILINE)
    assert asked == [line for line in listed if not line.startswith("#")]
    assert "decoding-playground = playground.command_line:main" in told["entry_points.txt"]


def test_the_archive_of_the_sources_makes_the_same_wheel(sources, wheel, tmp_path):
    with tarfile.open(built(sources, "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    again = built(unpacked, "wheel")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert set(one.namelist()) == set(other.namelist())


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of the commands of an environment with the package, and with this one's packages as dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("[Ll]ib/**/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(commands / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    return commands


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python of the environment in a folder of its own."""
    command = [str(installed / "python"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)


def environment() -> dict[str, str]:
    """The variables of this process, without the path to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def address(installed, tmp_path_factory) -> Iterator[str]:
    """The address of a playground that the installed command serves from another folder, with the translator."""
    [model] = installed.parent.glob("[Ll]ib/**/playground/assets/built_in/french-english")
    process = subprocess.Popen(
        [str(installed / "decoding-playground"), "--port", "0", "--device", "cpu", "--model", str(model)],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "playground is at" in line)
        yield re.findall(r"http://[\d.]+:\d+", told)[0]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def fetched(address: str, path: str) -> str:
    with urllib.request.urlopen(f"{address}/{path}") as answer:
        return answer.read().decode()


def test_the_installed_command_serves_the_page_with_its_modules_and_styles(address):
    page = fetched(address, "")
    files = set(re.findall(r"playground/files/\w+/(?:page\.js|styles\.css)", page))
    assert len(files) == 2
    assert all(len(fetched(address, file)) > 100_000 for file in files)
    assert "export" in fetched(address, "playground/assets/decode/mount.js")


def test_the_installed_command_has_the_lessons_the_languages_and_the_built_in_models(address):
    told = json.loads(fetched(address, "playground/lessons.json"))["lessons"]
    assert [one["name"] for one in told] == [one.name for one in read_all() if not one.language]
    page = fetched(address, "")
    for language in languages():
        if language.tag != "en":
            [file] = set(re.findall(rf"playground/files/\w+/{language.tag}\.js", page))
            assert "playgroundCatalogue" in fetched(address, file)
    models = [one["model"] for one in json.loads(fetched(address, "playground/models.json"))]
    assert {folder.name for folder in built_in_folders()} == set(models)


def test_the_installed_package_reads_a_tokenizer_in_a_process_of_its_own(installed, tmp_path):
    [model] = installed.parent.glob("[Ll]ib/**/playground/assets/built_in/fill-the-blank")
    program = """
import asyncio, gzip, pathlib, sys
from playground.inside.tokenizer_files import TokenizerFiles
files = TokenizerFiles()
print(asyncio.run(files.open(gzip.compress(pathlib.Path(sys.argv[1], "tokenizer.json").read_bytes())))["size"])
files.close()
"""
    told = run(installed, tmp_path, "-c", program, str(model))
    assert int(told.stdout) > 100, told.stderr


def test_the_installed_package_starts_by_its_name_too(installed, tmp_path):
    told = run(installed, tmp_path, "-m", "playground", "--help")
    assert "--max-new-tokens" in told.stdout, told.stderr


def test_the_work_of_a_checkout_is_refused_in_an_installed_package(installed, tmp_path):
    refused = run(installed, tmp_path, "-m", "playground.languages", "check")
    assert refused.stdout == "The catalogues are kept in a checkout of the playground. This is an installed package.\n"
    assert refused.returncode == 1
