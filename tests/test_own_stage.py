"""Tests that a file of `--stage` adds a stage wherever the registry is read, and that its faults are told.

The registry is made once in a process, so what follows from it is asked of a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from playground.decoding import own_files
from playground.decoding.settings import Settings
from playground.decoding.stages import PARAMETERS, STAGES
from playground.decoding.stages.own import RESERVED, with_own_stages
from playground.decoding.stages.stage import Moment, Stage
from playground.errors import PlaygroundError
from tests import your_own_stage

ROOT = Path(__file__).parent.parent
BEGIN = """
from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Stage


def stage(name="mine", kind="cut", parameters=(Parameter("mine", Rule(0, 1, off=(0,))),), make=None, **others):
    return Stage(name=name, label="my stage", kind=kind, parameters=parameters, says="does it", make=make, **others)
"""

ASKED = """
import json, sys
from playground.decoding import own_files
own_files.give(sys.argv[1:])
from playground.decoding.orders import ORDERS
from playground.decoding.settings import Settings
from playground.decoding.vocabulary import NoWords
from playground.sharing.chain_script import chain, definitions
from playground.web.bundles import joined
from playground.web.reshaping import Asked, reshaped
reshape = lambda *asked: reshaped(Asked.of(*asked))
settings = Settings(my_top_a=0.6, temperature=0.5)
print(json.dumps({
    "orders": [order[-1] for order in ORDERS.values()],
    "settings": settings.to_dict()["my_top_a"],
    "late": reshape([3.0, 2.0, 0.5], [0], {"my_top_a": 0.6, "temperature": 0.5}),
    "early": reshape([3.0, 2.0, 0.5], [0], {"my_top_a": 0.6, "order": ["my_top_a", "temperature"]}),
    "page": joined().parts["page"].content.decode(),
    "script": definitions([settings], [], ()) + "list_of_processors = " + chain(settings, NoWords(3)),
}))
"""


def told_of(path: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What a process with the document's stage, in Python alone, tells."""
    return told_of(your_own_stage.write(tmp_path_factory.mktemp("own")))


def own(folder: Path, text: str) -> Stage:
    """Returns the stage of a file as the registry has it."""
    path = folder / "mine.py"
    path.write_text(BEGIN + text, "utf-8")
    return with_own_stages(STAGES, [path])[-1]


def test_the_stage_has_a_setting_and_a_place_in_every_order(told):
    assert told["settings"] == 0.6
    assert set(told["orders"]) == {"my_top_a"}


def test_reshape_runs_the_document_s_stage(told):
    """After the temperature 0.5, the probabilities are 0.876, 0.118 and 0.006; 0.6 · 0.876² is 0.46."""
    assert told["late"]["stages"][-1]["name"] == "my_top_a"
    assert told["late"]["stages"][-1]["kept"] == 1
    assert told["late"]["stages"][-1]["removed_mass"] == pytest.approx(0.124, abs=1e-3)
    assert told["early"]["stages"][0]["name"] == "my_top_a"
    assert told["early"]["order"] == ["my_top_a", "temperature"]


def test_a_copied_script_holds_the_stage_and_gives_its_probabilities(told):
    scope: dict = {}
    exec(told["script"], scope)
    assert not any(line.startswith(("import playground", "from playground")) for line in told["script"].splitlines())
    scores = scope["list_of_processors"](torch.tensor([[0]]), torch.tensor([[3.0, 2.0, 0.5]]))
    assert scores.isfinite().tolist() == [[True, False, False]]


def test_the_page_computes_a_stage_with_javascript_and_asks_for_one_without(told, tmp_path):
    drawn = told_of(your_own_stage.write(tmp_path, with_javascript=True))["page"]
    assert '"isServed": true' in told["page"]
    assert "own_my_top_a" not in told["page"]
    assert '"isServed": true' not in drawn
    assert "...own_my_top_a }" in drawn
    assert "my_top_a: a" in drawn


def test_the_document_s_code_has_about_forty_lines():
    lines = [line for name in ("python", "js") for line in your_own_stage.code(name).splitlines() if line.strip()]
    assert len(lines) <= 42


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file has no STAGE. Define it as docs/your-own-stage.md shows."),
        ("STAGE = 3", "STAGE is 3 and no Stage."),
        ("STAGE = stage(kind='filter')", "the kind of STAGE is 'filter'. Choose one of constraint, penalty, reshape"),
        ("STAGE = stage('top k')", "'top k' cannot be a name."),
        ("STAGE = stage('order')", "the name 'order' is taken by another setting."),
        ("STAGE = stage('top_k')", "the name 'top_k' is taken by the stage top-k."),
        (
            "STAGE = stage(parameters=(Parameter('min_p', Rule(0, 1, off=(0,))),))",
            "the name 'min_p' is taken by the stage min-p.",
        ),
        ("STAGE = stage(parameters=())", "must be a tuple of at least one Parameter."),
        ("STAGE = stage(parameters=(Parameter('mine', Rule(0, 1)),))", "has no value that switches the stage off."),
        (
            "STAGE = stage(parameters=(Parameter('mine', Rule(0, 1, off=(0,))), Parameter('more', Rule(0, 1))))",
            "more has no value to begin with. Give it a default.",
        ),
        (
            "STAGE = stage(parameters=(Parameter('mine', Rule(0, 1, off=(0,)), default=7),))",
            "mine is 7, which is out of range.",
        ),
        ("STAGE = stage(reads=('warmth',))", "STAGE reads 'warmth', which is no stage's setting."),
        ("\n1 / 0", "failed (mine.py, line 9): ZeroDivisionError: division by zero."),
        ("\nSTAGE = (", "failed (mine.py, line 9): SyntaxError: '(' was never closed."),
    ],
)
def test_a_file_that_defines_no_stage_is_refused(tmp_path, text, sentence):
    with pytest.raises(PlaygroundError) as refusal:
        own(tmp_path, text)
    assert str(refusal.value).startswith(f"--stage {tmp_path}/mine.py")
    assert sentence in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for name, sentence in (("none.py", "there is no such file"), ("", "there is no such file")):
        with pytest.raises(PlaygroundError, match=sentence):
            with_own_stages(STAGES, [tmp_path / name])
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(PlaygroundError, match="this is no Python file"):
        with_own_stages(STAGES, [tmp_path / "notes.txt"])


def test_two_files_cannot_have_the_same_name(tmp_path):
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    for path in paths:
        path.write_text(BEGIN + "STAGE = stage(make=lambda values: None)", "utf-8")
    with pytest.raises(PlaygroundError, match=r"two\.py: the name 'mine' is taken by the stage my stage"):
        with_own_stages(STAGES, paths)


def test_no_name_of_settings_can_be_taken():
    names = {name for name in dir(Settings) if not name.startswith("_")} | set(vars(Settings()))
    assert names - set(PARAMETERS) <= RESERVED


def test_a_penalty_stands_before_the_temperature(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(BEGIN + "STAGE = stage(kind='penalty')", "utf-8")
    names = [stage.name for stage in with_own_stages(STAGES, [path])]
    place = names.index("mine")
    assert place < names.index("temperature")
    assert not any(stage.kind in ("penalty", "constraint") for stage in STAGES[place:])
    assert [name for name in names if name != "mine"] == [stage.name for stage in STAGES]


def test_a_file_given_too_late_is_a_mistake():
    with pytest.raises(RuntimeError, match="made already"):
        own_files.give(["mine.py"])


SCORES = torch.tensor([[1.0, 2.0, -torch.inf, 0.0]])


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ("1 / 0", "The stage my stage failed (mine.py, line 9): ZeroDivisionError: division by zero."),
        ("scores[0]", "returned a tensor of shape (4,) in place of scores of shape (1, 4)."),
        ("None", "returned None in place of scores"),
        ("scores * float('nan')", "returned NaN or plus infinity."),
        ("scores + float('inf')", "returned NaN or plus infinity."),
        ("scores - float('inf')", "No token is left after mine. Choose another value of mine, or switch it off."),
    ],
)
def test_a_stage_that_fails_later_ends_in_a_sentence(tmp_path, made, sentence):
    stage = own(tmp_path, f"\nSTAGE = stage(make=lambda values: lambda moment, scores: {made})")
    with pytest.raises(PlaygroundError) as refusal:
        stage.make({"mine": 0.5})(Moment([3]), SCORES)
    assert sentence in str(refusal.value)


def test_a_stage_neither_changes_its_input_nor_brings_tokens_back(tmp_path):
    stage = own(tmp_path, "\nSTAGE = stage(make=lambda values: lambda moment, scores: scores.fill_(moment.ids[0]))")
    before = SCORES.clone()
    after = stage.make({"mine": 0.5})(Moment([3]), SCORES)
    assert after.tolist() == [[3, 3, -torch.inf, 3]]
    assert before.equal(SCORES)


def test_another_server_says_that_it_does_not_have_the_setting():
    with pytest.raises(PlaygroundError, match="'my_top_a' is not a setting of this server"):
        Settings.from_dict({"my_top_a": 0.3})
    with pytest.raises(PlaygroundError, match="order holds 'my_top_a', which is no stage of this server"):
        Settings(order=["my_top_a"])
