"""What a prompt becomes for a model: the beginning of the text that it continues, and what its encoder reads.

Knows ids only.
"""

from typing import NamedTuple


class PromptIds(NamedTuple):
    """A prompt as a model reads it.

    Attributes:
        ids: the beginning of the text that the model continues. For an encoder–decoder it is the beginning of the
            decoder's text, its start token.
        source_ids: what the encoder reads; empty for a decoder-only model.
    """

    ids: tuple[int, ...]
    source_ids: tuple[int, ...] = ()

    @property
    def read_ids(self) -> tuple[int, ...]:
        """The ids of the prompt's text."""
        return self.source_ids or self.ids
