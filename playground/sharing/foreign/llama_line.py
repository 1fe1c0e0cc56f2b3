"""A command line of llama.cpp's programs: `llama-cli`, `llama-server` and their like.

Flags as in llama.cpp b11549, `common/arg.cpp` and the table of `tools/server/README.md`. The line is split as a shell
splits it. Nothing is run, no file is opened, and no variable is filled in.
"""

import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.errors import PlaygroundError
from playground.sharing.foreign import llama
from playground.sharing.foreign.copying import Copying, id_biases, is_gbnf
from playground.sharing.foreign.draft import BAN, Draft, never_ends
from playground.sharing.foreign.llama_request import letters
from playground.sharing.foreign.ours import BREAKERS
from playground.sharing.foreign.records import Copied, Pasted, names_of
from playground.values import shown

KIND = "llama-cli"

OTHER_FLAGS = {"--temperature": "--temp", "--typical-p": "--typical", "--top-n-sigma": "--top-nsigma"}
NUMBERS = {flag: name for name, (_, flag) in llama.NAMES.items()}
LENGTH = ("-n", "--predict", "--n-predict")
SEED = ("-s", "--seed")
STOP = ("-r", "--reverse-prompt")
BIAS = ("-l", "--logit-bias")
SCHEMA = ("-j", "--json-schema")
LETTERS = ("--sampler-seq", "--sampling-seq")
WITH_VALUE = frozenset(
    {*OTHER_FLAGS, *NUMBERS, *LENGTH, *SEED, *STOP, *BIAS, *SCHEMA, *LETTERS}
    | {"--samplers", "--grammar", "--dry-sequence-breaker"}
)
"""The flags that are read here and have a value, whatever it looks like."""

NEUTRAL = {"--adaptive-target": ("-1", "-1.0"), "--adaptive-decay": ("0.9", "0.90")}
"""Flags without a meaning here, with the values under which they do nothing."""

NO_EFFECT = names_of("""
    -t -tb -C -Cr -c -b -ub -fa -kvo -nkvo -nr -ctk -ctv -dt -lm -dev -ot -cmoe -ncmoe -ngl -sm -ts -mg -fit -m -mu
    -dr -hf -hfr -hff -hft -v -lv -bs -e -lcs -lcd -ctxcp -cram -kvu -no-kvu -sp -np -cb -nocb -mm -mmu -a -to -rea -p
    -f -i -if -cnv -no-cnv -st -sys -sysf -mli -co -h -md -ngld -cd --alias --batch-size --color --conversation
    --context-shift --cont-batching --ctx-size --display-prompt --embedding --embeddings --escape --file --fit
    --flash-attn --gpu-layers --help --host --interactive --interactive-first --jinja --keep --kv-offload --main-gpu
    --metrics --mlock --model --model-url --multiline-input --n-gpu-layers --numa --offline --override-kv
    --override-tensor --parallel --path --perf --port --prefill-assistant --print-token-count --prompt --props
    --repack --reuse-port --simple-io --single-turn --slots --special --split-mode --swa-full --system-prompt
    --system-prompt-file --tensor-split --timeout --ubatch-size --usage --verbose --verbose-prompt --verbosity
    --version --warmup --backend-sampling --check-tensors --device --list-devices --rpc --tags --ui --tools""")
BEGINNINGS = tuple(
    f"--{name}"
    for name in names_of("""
        api- cache- chat-template control-vector cors- cpu- docker- draft gpu- hf- image- in- kv- load- log-
    lookup- lora media- mcp- mmproj models- model- moe- n-cpu- no- op- poll prio prompt- reasoning- rope- slot- spec-
    ssl- swa- threads ui- video webui yarn-""")
)
"""Beginnings of flags that do not change the choice of a token: memory, threads, files, the server, drafts."""

FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
NEXT_LINE = re.compile(r"[\\^`]\r?\n")
"""How shells continue a line: POSIX, Windows' command prompt, PowerShell."""
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
TOKEN_AND_BIAS = re.compile(r"\s*(\d+)\s*([+-])\s*(.+)")


def read(text: str) -> Pasted:
    """Reads a command line. What it does not say is llama.cpp's default.

    Raises:
        PlaygroundError: a quotation mark is not closed.
    """
    try:
        words = shlex.split(NEXT_LINE.sub(" ", text))
    except ValueError as error:
        raise PlaygroundError(f"The command line cannot be split: {error}. Close each quotation mark.") from error
    draft = Draft()
    given = list(_flags(words if FLAG.fullmatch(words[0]) else words[1:], draft))
    escapes = not any(flag == "--no-escape" for flag, _ in given)
    chain: list[str] | None = None
    breakers: list[str] | None = None
    stops: list[str] = []
    bias: dict[str, Any] = {}
    endless = ""
    for flag, value in given:
        if flag in NUMBERS and NUMBERS[flag] in llama.WINDOWS:
            draft.window(NUMBERS[flag], value, flag)
        elif flag in NUMBERS:
            draft.take(NUMBERS[flag], value, flag)
        elif flag in LENGTH:
            draft.length(value, flag)
        elif flag in SEED:
            draft.seed(value, flag, "llama.cpp", (-1, 2**32 - 1))
        elif flag in STOP:
            stops.append(unescaped(value) if escapes else value)
        elif flag in BIAS:
            _add_bias(bias, value, flag, draft)
        elif flag in SCHEMA:
            draft.take("json_schema", value, flag)
        elif flag == "--grammar":
            draft.take("grammar", value or None, flag)
        elif flag == "--samplers":
            chain = [name.strip() for name in value.split(";") if name.strip()]
        elif flag in LETTERS:
            chain = letters(value, flag, draft)
        elif flag == "--dry-sequence-breaker":
            breakers = breakers or []
            breakers += [] if value == "none" else [unescaped(value) if escapes else value]
        elif flag == "--ignore-eos":
            endless = flag
        else:
            _list(flag, value, draft)
    draft.take("stop_strings", stops or None, STOP[0])
    draft.take("dry_sequence_breakers", breakers, "--dry-sequence-breaker")
    draft.take("logit_bias", bias or None, BIAS[0])
    if endless:
        never_ends(draft, endless)
    return draft.pasted(KIND, llama.settle(draft, chain))


def write(settings: Mapping[str, Any], order: Sequence[str]) -> Copied:
    """Writes a command line without a model: its flags follow `llama-cli -m model.gguf`."""
    copying = Copying(settings)
    words = ["llama-cli", "-m", "model.gguf"]
    values = llama.values_of(copying)
    for name, value in values.items():
        words += [llama.NAMES[name][1], str(value)]
    breakers = copying.on.get("dry_sequence_breakers", list(BREAKERS))
    if "dry_multiplier" in values and "none" not in breakers:
        copying.said("dry_sequence_breakers")
        for one in breakers or ["none"]:
            words += ["--dry-sequence-breaker", escaped(one)]
    for token, value in id_biases(copying.on.get("logit_bias")) or ():
        copying.said("logit_bias")
        words += ["-l", f"{token}-inf" if value is False else f"{token}{value:+}"]
    if "json_schema" in copying.on:
        words += ["-j", copying.value("json_schema")]
    if is_gbnf(copying.on.get("grammar", "")):
        words += ["--grammar", copying.value("grammar")]
    for stop in copying.value("stop_strings"):
        words += ["-r", escaped(stop)]
    for name, flag in (("max_new_tokens", "-n"), ("seed", "-s")):
        if name in copying.on and copying.on[name] != 2**32 - 1:
            words += [flag, str(copying.value(name))]
    chain, says_order = llama.chain_of(copying, order)
    if chain is not None:
        words += ["--samplers", ";".join(chain)]
    return copying.copied(shlex.join(words), says_order)


def unescaped(text: str) -> str:
    """Returns a text as llama.cpp reads it: a backslash and a letter stand for another sign."""
    return re.sub(r"\\([nrt'\"\\])", lambda found: ESCAPES[found[1]], text)


def escaped(text: str) -> str:
    """Returns a text that `unescaped` turns back."""
    for sign, letter in (("\\", "\\"), ("\n", "n"), ("\r", "r"), ("\t", "t")):
        text = text.replace(sign, f"\\{letter}")
    return text


def _flags(words: Sequence[str], draft: Draft) -> Iterator[tuple[str, str]]:
    """Yields each flag with its value, "" for one without; lists the words that stand alone."""
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        if not FLAG.fullmatch(word):
            draft.ignore(word, "")
            continue
        flag = word.replace("_", "-") if word.startswith("--") else word
        flag = OTHER_FLAGS.get(flag, flag)
        if flag in WITH_VALUE and at == len(words):
            draft.refuse(f"{word} is not taken: it has no value. Give one after it.")
            return
        has_value = flag in WITH_VALUE or (at < len(words) and not FLAG.fullmatch(words[at]) and not _is_alone(flag))
        value = words[at] if has_value else ""
        at += has_value
        yield flag, value


def _is_alone(flag: str) -> bool:
    return flag in ("--ignore-eos", "--no-escape")


def _list(flag: str, value: str, draft: Draft) -> None:
    if flag in NO_EFFECT or flag.startswith(BEGINNINGS) or value in NEUTRAL.get(flag, ()):
        draft.ignore(flag, value)
    else:
        draft.unknown(flag, value)


def _add_bias(bias: dict[str, Any], value: str, flag: str, draft: Draft) -> None:
    found = TOKEN_AND_BIAS.fullmatch(value)
    try:
        amount = float(found[3]) * (-1 if found[2] == "-" else 1) if found else None
    except ValueError:
        amount = None
    if found is None or amount is None:
        draft.refuse(f"{flag} is not taken: {shown(value)} is not a token's id, a sign and a bias, such as 15043+1.")
        return
    bias[found[1]] = BAN if amount == -math.inf else bias.get(found[1], 0) + amount
