"""Lists the views that add something to lessons. Another one is a module beside this one, and a line here."""

from playground.lessons.views import attention, beams, embeddings, looked, prompts
from playground.lessons.views.view import View, ViewField

ALL: tuple[View, ...] = (
    prompts.VIEW,
    beams.VIEW,
    looked.PICTURE,
    looked.TOKENS,
    looked.POSITIONS,
    looked.LAYERS,
    looked.WORD,
    looked.WHY,
    attention.VIEW,
    embeddings.VIEW,
)
BY_ID = {view.id: view for view in ALL}


def fields_of(view: str) -> dict[str, ViewField]:
    """Returns the fields that a state of a view has of its own, by their names."""
    return {field.name: field for field in BY_ID[view].fields} if view in BY_ID else {}
