"""Finds the files of the model that the command line names, on this machine or at Hugging Face.

Knows where the default model is kept. Does not know what is in the files.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from playground.errors import PlaygroundError
from playground.models import default_model
from playground.models.below import parts_of_name
from playground.models.weights import INDEX, ONE, named_by_index

BESIDE_WEIGHTS = ["*.json", "*.jinja", "*.txt", "*.model"]
TWICE = ["consolidated*", "original/*"]
"""The same model once more, in its author's own format."""


@dataclass(frozen=True)
class Source:
    """Where a model's files are.

    Attributes:
        name: the model's name on the page: an id unchanged, or the last part of a path.
        folder: holds the files.
        gguf_file: the name of the `.gguf` file in the folder; None for a folder with safetensors.
        files: what its files are called where `name` is another name, as for a variant; else "".
    """

    name: str
    folder: Path
    gguf_file: str | None = None
    files: str = ""

    def named(self, name: str | None) -> "Source":
        """Returns the same files as a model of another name; None and the same name change nothing."""
        return self if name in (None, self.name) else replace(self, name=name, files=self.files or self.name)

    @property
    def path(self) -> Path:
        """The folder or the `.gguf` file. Links to its folder are followed."""
        folder = self.folder.resolve()
        return folder / self.gguf_file if self.gguf_file else folder

    @property
    def options(self) -> dict[str, str]:
        """What transformers' `from_pretrained` is told beside the folder."""
        return {"gguf_file": self.gguf_file} if self.gguf_file else {}

    def asks_for_code(self, file: str) -> PlaygroundError:
        """Returns the refusal of a model whose `file` names Python code of its author."""
        return PlaygroundError(
            f"{self.name} needs Python code of its author (auto_map in its {file}), and the playground runs no such "
            "code. Choose a model that transformers knows without it."
        )


def find(model: str | None) -> Source:
    """Returns where the model is; None stands for the default model. Fetches what is not on this machine.

    Raises:
        PlaygroundError: it does not exist, or could not be fetched.
    """
    if model is None:
        return Source(default_model.NAME, default_model.ensure())
    path = Path(model)
    if path.is_file():
        if path.suffix != ".gguf":
            raise PlaygroundError(f"{model} is a file, but not a .gguf file. Name a .gguf file or a model's folder.")
        return Source(path.name, path.parent, path.name)
    if path.is_dir():
        if not (path / "config.json").exists():
            raise PlaygroundError(
                f"The folder {model} holds no config.json, so it is not a model. Name a model's folder."
            )
        return Source(parts_of_name(path.resolve())[-1], path)
    if path.suffix == ".gguf" or model.startswith(("/", ".", "~")):
        raise PlaygroundError(f"There is no file or folder {model}. Check the path given to --model.")
    return Source(model, _fetch(model))


def _fetch(model: str) -> Path:
    """Fetches what transformers reads of a repository: one file of weights, or else those that the index names."""
    remedy = "Check the id given to --model, or name a folder on this machine."
    try:
        folder = Path(snapshot_download(model, allow_patterns=[*BESIDE_WEIGHTS, ONE], ignore_patterns=TWICE))
        if not (folder / ONE).exists() and (folder / INDEX).exists():
            snapshot_download(model, allow_patterns=named_by_index(folder, model))
        return folder
    except HFValidationError:
        raise PlaygroundError(f"{model!r} is neither a path on this machine nor a Hugging Face id. {remedy}") from None
    except GatedRepoError:
        raise PlaygroundError(
            f"{model} asks you to accept its terms on its Hugging Face page first. Do so, then 'hf auth login'."
        ) from None
    except RepositoryNotFoundError:
        raise PlaygroundError(f"There is no model {model} on Hugging Face, or it is private. {remedy}") from None
    except (LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise PlaygroundError(
            f"{model} is not on this machine and could not be downloaded ({reason}). Check the network. {remedy}"
        ) from error
