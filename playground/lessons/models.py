"""Opens the models that lessons name, each once. Knows how models are found, not what lessons hold."""

from collections.abc import Sequence

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.lessons.texts import Texts
from playground.models.loaded_model import LoadedModel

TRACE_BYTES = 2**30


class Models:
    """The models that lessons may name: the default one, those that come with the playground, and further ones.

    Args:
        further: Hugging Face ids, folders or `.gguf` files.
    """

    def __init__(self, further: Sequence[str]) -> None:
        self._further = further
        self._loaded: dict[str, LoadedModel] = {}
        self._opened: dict[str, Texts] = {}

    async def texts(self, name: str | None) -> Texts:
        """Returns the texts of a model, which is loaded first if it is not there.

        Raises:
            PlaygroundError: there is no such model.
        """
        from playground.models.default_model import NAME
        from playground.models.language_model import LanguageModel
        from playground.traces.store import TraceStore

        wanted = name or NAME
        if wanted not in self._opened:
            model = self._loaded.get(wanted) or self._load(wanted)
            self._loaded[wanted] = model
            engine = Engine(model, TraceStore(TRACE_BYTES)).start() if isinstance(model, LanguageModel) else None
            self._opened[wanted] = Texts(model, engine)
        return self._opened[wanted]

    def close(self) -> None:
        """Ends the threads of all models, and forgets their texts. The models stay loaded."""
        for texts in self._opened.values():
            texts.close()
        self._opened.clear()

    def _load(self, name: str) -> LoadedModel:
        from playground.models.built_in import built_in_folders
        from playground.models.default_model import NAME
        from playground.models.device_settings import compute_in_full_float32
        from playground.models.offering import Asked, offers

        compute_in_full_float32()
        found = offers(Asked(self._further)) if self._further else []
        if name == NAME:
            found += offers(Asked())
        else:
            found += offers(Asked([str(folder) for folder in built_in_folders()]))
        offer = next((one for one in found if one.name == name), None)
        if offer is None:
            raise PlaygroundError(f"The lesson needs the model {name}. Name its folder or its id with --model.")
        return offer.load()
