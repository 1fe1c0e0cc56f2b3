"""Joins modules and styles into few files, and names each file by a hash of its content.

A browser opens six connections at once, so a hundred small files take a hundred waits. A further part of a page holds
only what the parts before it do not. So every module runs once on a page, whichever part asks for it. The sources are
plain modules: only their imports and exports are written differently here, and comments that begin a line are left
out. Knows neither which parts a page has nor how they reach a browser.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILES = "files"
"""The folder of addresses with a hash, below that of the other routes."""

COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r'^import (?:(?:\{([^}]*)\}|\* as (\w+)) from )?"(\.[^"]+)";\n', re.MULTILINE)
PASSED_ON = re.compile(r'^export \{([\w, ]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
LOADED = re.compile(r'import\(new URL\("playground/assets/([^"]+)", document\.baseURI\)(?:\.href)?\)')


def tag_of(content: bytes) -> str:
    """Returns the part of an address that changes with the content."""
    return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class Module:
    """One source file, written as an expression that runs it and holds its exports under its name."""

    path: str
    name: str
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class File:
    """A joined file. `address` is relative to the folder of the other routes."""

    name: str
    content: bytes

    @property
    def address(self) -> str:
        """The file's place; another content has another one."""
        return f"{FILES}/{tag_of(self.content)}/{self.name}"


class Joined:
    """Holds the parts of a page's modules, and its one style sheet.

    The first part also holds the modules that several of the others share. The style sheet holds those of all folders
    of which a part has a module.

    Args:
        assets: the folder of the sources.
        parts: the modules that are loaded, by part.
        written: texts of modules in place of their files, or of modules without one.

    Raises:
        ValueError: modules cannot be joined.
        FileNotFoundError: a module is missing.
    """

    def __init__(
        self, assets: Path, parts: Mapping[str, Sequence[str]], written: Mapping[str, str] | None = None
    ) -> None:
        self._assets = assets
        self._written = written or {}
        self._modules: dict[str, Module] = {}
        reached = {part: self._reached(entries) for part, entries in parts.items()}
        first, *others = parts
        shared = [path for path in self._modules if sum(path in reached[part] for part in others) > 1]
        self._part_of = dict.fromkeys([*reached[first], *shared], first)
        for part in others:
            self._part_of |= {path: part for path in reached[part] if path not in self._part_of}
        self.parts: dict[str, File] = {}
        for part in parts:
            self.parts[part] = File(f"{part}.js", self._text(part).encode())
        folders = {(assets / path).parent for path in self._part_of}
        sheets = sorted(path.relative_to(assets).as_posix() for path in assets.rglob("*.css") if path.parent in folders)
        self.styles = File("styles.css", "\n".join((assets / sheet).read_text("utf-8") for sheet in sheets).encode())

    @property
    def files(self) -> list[File]:
        """All files."""
        return [*self.parts.values(), self.styles]

    def address(self, path: str) -> str:
        """Returns the address of the part that holds a module."""
        return self.parts[self._part_of[path]].address

    def passed_on(self, path: str) -> str | None:
        """Returns a module that passes on what a part holds of the source `path`; None if no part holds it.

        It stands at the source's own address, so that a developer's console and the tests get the modules of the page
        itself and no second ones.
        """
        if path not in self._part_of:
            return None
        up = "../" * (path.count("/") + 1)
        names = ", ".join(self._modules[path].exports)
        return (
            f'import {{ "{path}" as module }} from "{up}{self.address(path)}";\nexport const {{ {names} }} = module;\n'
        )

    def loading(self, script: str) -> str:
        """Returns a script that loads parts in place of the sources that it names."""

        def part(found: re.Match[str]) -> str:
            path = found[1]
            address = f"playground/{self.address(path)}"
            return f'import(new URL("{address}", document.baseURI)).then((part) => part["{path}"])'

        return LOADED.sub(part, script)

    def _reached(self, entries: Sequence[str]) -> list[str]:
        """Returns what the modules import, directly or not, each after those that it imports."""
        found: list[str] = []

        def visit(path: str, above: tuple[str, ...]) -> None:
            if path in above:
                raise ValueError(
                    f"{' imports '.join((*above, path))}: modules that import each other cannot be joined."
                )
            if path in found:
                return
            if path not in self._modules:
                self._modules[path] = _module(path, self._source(path))
            for one in self._modules[path].imports:
                visit(one, (*above, path))
            found.append(path)

        for entry in entries:
            visit(entry, ())
        return found

    def _source(self, path: str) -> str:
        return self._written[path] if path in self._written else (self._assets / path).read_text("utf-8")

    def _text(self, part: str) -> str:
        own = [path for path in self._modules if self._part_of[path] == part]
        ordered = [self._modules[path] for path in self._reached(own)]
        above = [module for module in ordered if self._part_of[module.path] != part]
        borrowed = ", ".join(f'"{module.path}" as {module.name}' for module in above)
        given = ", ".join(f'{self._modules[path].name} as "{path}"' for path in own)
        lines = [module.code for module in ordered if self._part_of[module.path] == part]
        if above:
            first = next(iter(self.parts.values()))
            lines.insert(0, f'import {{ {borrowed} }} from "../../{first.address}";')
        return "\n".join([*lines, f"export {{ {given} }};\n"])


def _module(path: str, source: str) -> Module:
    """Reads one source.

    Raises:
        ValueError: it imports or exports in a way that is not used here so far.
    """
    imports: list[str] = []
    exports: list[str] = []
    written: dict[str, str] = {}
    body = COMMENT.sub("", source)

    def borrowed(names: str | None, whole: str | None, there: str) -> str:
        imports.append(_beside(path, there))
        if whole:
            return f"const {whole} = {_name(imports[-1])};\n"
        return f"const {{{_renamed(names)}}} = {_name(imports[-1])};\n" if names else ""

    def imported(found: re.Match[str]) -> str:
        return borrowed(*found.groups())

    def passed_on(found: re.Match[str]) -> str:
        imports.append(_beside(path, found[2]))
        for name in found[1].split(","):
            exports.append(name.strip())
            written[exports[-1]] = f"{exports[-1]}: {_name(imports[-1])}.{exports[-1]}"
        return ""  # the module itself does not know the name, and may import it besides

    def exported(found: re.Match[str]) -> str:
        exports.append(found[1])
        return ""

    body = PASSED_ON.sub(passed_on, body)
    body = EXPORT.sub(exported, IMPORT.sub(imported, body))
    if left := OTHER.search(body):
        raise ValueError(f"{path}: {left[0]!r} cannot be joined. Import and export names, as the other modules do.")
    given = ", ".join(written.get(name, name) for name in exports)
    code = f"const {_name(path)} = (() => {{\n{body}return {{ {given} }};\n}})();"
    return Module(path, _name(path), tuple(imports), tuple(exports), code)


def _name(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _renamed(names: str) -> str:
    return re.sub(r"(\w+) as (\w+)", r"\1: \2", names)


def _beside(path: str, there: str) -> str:
    """Returns the path of a module that `path` names relative to itself."""
    parts = path.split("/")[:-1]
    for step in there.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)
