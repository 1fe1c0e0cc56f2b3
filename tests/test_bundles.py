"""Tests how sources become joined files: each module once, at an address that changes with its content."""

import re

import pytest

from playground.places import ASSETS
from playground.sharing.joining import Joined
from playground.web import page
from playground.web.bundles import PARTS, joined
from playground.web.panels import (
    beams,
    compare_models,
    compare_settings,
    decode,
    evaluation,
    families,
    fill,
    inside,
    kept,
    learn,
    prompts,
)

SOURCES = {
    "first.js": 'import { word } from "./common/words.js";\n\nexport const said = word;\n',
    "one/tab.js": 'import { word as said } from "../common/words.js";\nimport * as both from "../common/both.js";\n'
    "export async function mount() {\n  return [said, both.both];\n}\n",
    "two/tab.js": 'import { both } from "../common/both.js";\nexport class Tab {}\n',
    "common/words.js": "/** A word. */\nexport const word = 1; // kept\n  /* kept */ const other = 2;\n// left out\n",
    "common/both.js": 'export { word } from "./words.js";\nexport function both() {}\n',
    "common/look.css": ".a { color: red; }\n",
    "one/look.css": ".b { color: blue; }\n",
}
TABS = {"page": ("first.js",), "one": ("one/tab.js",), "two": ("two/tab.js",)}


@pytest.fixture
def made(tmp_path):
    """Returns a function that joins the sources, some of them replaced."""

    def make(**replaced: str) -> Joined:
        others = {name.replace("__", "/") + ".js": text for name, text in replaced.items()}
        for path, content in (SOURCES | others).items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(content)
        return Joined(tmp_path, TABS)

    return make


def addresses(files: Joined) -> dict[str, str]:
    return {file.name: file.address for file in files.files}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_an_address_changes_with_the_content_and_with_that_of_what_it_imports(made):
    before = addresses(made())
    assert addresses(made()) == before
    other = 'import { both } from "../common/both.js";\nexport class Other {}\n'
    assert changed(before, addresses(made(two__tab=other))) == {"two.js"}
    again = addresses(made(common__words="export const word = 3;\n"))
    assert changed(before, again) == {"page.js", "one.js", "two.js"}


def test_a_module_of_several_tabs_stands_in_the_first_part_only(made):
    parts = {name: file.content.decode() for name, file in made().parts.items()}
    for path in ("common/words.js", "common/both.js"):
        assert [f'as "{path}"' in parts[name] for name in TABS] == [True, False, False], path
    borrowed = 'import { "common/words.js" as $common_words, "common/both.js" as $common_both }'
    assert parts["one"].startswith(f'{borrowed} from "../../{made().parts["page"].address}";')


def test_only_comments_that_have_their_lines_for_themselves_are_left_out(made):
    content = made().parts["page"].content.decode()
    assert "const word = 1; // kept\n  /* kept */ const other = 2;\n" in content
    assert "A word." not in content
    assert "left out" not in content


def test_a_module_may_use_a_name_that_it_passes_on(made):
    both = 'import { word } from "./words.js";\nexport { word } from "./words.js";\nexport const both = [word];\n'
    content = made(common__both=both).parts["page"].content.decode()
    assert (
        "const { word } = $common_words;\nconst both = [word];\nreturn { word: $common_words.word, both };" in content
    )


def test_the_styles_are_one_file_in_the_order_of_their_names(made):
    assert made().styles.content.decode() == ".a { color: red; }\n\n.b { color: blue; }\n"


def test_the_styles_of_a_folder_without_a_module_of_the_page_are_left_out(made, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "look.css").write_text(".c { color: green; }\n")
    assert ".c" not in made().styles.content.decode()


def test_a_sources_own_address_passes_on_the_module_of_the_page(made):
    files = made()
    assert files.passed_on("one/tab.js") == (
        f'import {{ "one/tab.js" as module }} from "../../{files.parts["one"].address}";\n'
        "export const { mount } = module;\n"
    )
    assert files.passed_on("nowhere.js") is None


def test_a_script_loads_the_part_of_what_it_names(made):
    files = made()
    script = 'import(new URL("playground/assets/two/tab.js", document.baseURI)).then((module) => module.mount());'
    address = files.parts["two"].address
    assert files.loading(script) == (
        f'import(new URL("playground/{address}", document.baseURI)).then((part) => part["two/tab.js"])'
        ".then((module) => module.mount());"
    )


@pytest.mark.parametrize(
    "source",
    [
        "export let word = 1;\n",
        "export default 1;\n",
        'import a from "./both.js";\n',
        'export * from "./both.js";\n',
    ],
)
def test_what_cannot_be_joined_is_named(made, source):
    with pytest.raises(ValueError, match=r"common/words\.js: .* cannot be joined"):
        made(common__words=source)


def test_modules_that_import_each_other_are_named(made):
    with pytest.raises(ValueError, match=r"common/words\.js imports common/both\.js imports common/words\.js"):
        made(common__words='import { both } from "./both.js";\nexport const word = 1;\n')


def test_every_script_of_the_page_loads_a_part():
    """No script names a source, and every source is in a part, but for the early scripts and a page of its own.

    `class_door.js` loads the part of the class.
    """
    tabs = (beams, compare_models, compare_settings, decode, evaluation, families, fill, learn, prompts)
    scripts = [page.HEAD, page.BESIDE_THE_MODEL, kept.MODULE, *(tab.MOUNT for tab in tabs)]
    scripts += inside.mounts().values()
    assert "playground/assets" not in "".join(scripts)
    found = re.findall(r"playground/files/\w+/(\w+)\.js", "".join(scripts))
    assert set(found) | {"class"} == set(PARTS)
    sources = {path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js")}
    apart = {path for path in sources if path.startswith(("take_home/", "site/"))}
    assert {path for path in sources - apart if joined().passed_on(path) is None} == {"early.js", "early_language.js"}
    assert [path for path in apart if joined().passed_on(path)] == []
