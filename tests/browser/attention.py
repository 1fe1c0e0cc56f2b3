"""Helpers to use the Attention tab as a visitor does, and the attention that transformers computes."""

import csv
import io
from collections.abc import Sequence

import torch
from playwright.sync_api import Page, expect

from tests.browser.visitor import open_view
from tests.fakes import full_forward


def true_attention(site, ids: Sequence[int]) -> torch.Tensor:
    """Returns the attention that transformers computes, as (layer, head, query, key)."""
    return site.ask(lambda model: full_forward(model.hf, ids)[1])


def encoded(site, text: str) -> list[int]:
    return list(site.engine.model.tokenizer.encode(text))


def tab(page: Page):
    return page.locator("#pg-attention")


def open_tab(page: Page) -> None:
    open_view(page, "Attention")
    expect(row(page)).to_be_visible()
    expect(drawn(page)).to_be_visible()


def drawn(page: Page):
    """Returns the locator of the first drawn map."""
    return page.locator(".pg-map-plot:not(.pg-no-map)").first


def row(page: Page):
    return page.get_by_role("listbox", name="Tokens of the text")


def query(page: Page):
    return row(page).get_by_role("option", selected=True)


def look_at(page: Page, text: str) -> None:
    """Lets the tab read a text that the visitor writes."""
    page.get_by_label("Text to look at").select_option("a text of my own")
    page.get_by_role("textbox", name="First text").fill(text)
    page.get_by_role("button", name="Read").click()


def downloaded(page: Page, menu: str, item: str) -> bytes:
    page.get_by_role("button", name=f"Export the {menu}", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).filter(visible=True).click()
    with open(download.value.path(), "rb") as file:
        return file.read()


def numbers(page: Page, menu: str) -> list[dict[str, str]]:
    expect(drawn(page)).to_be_visible()
    return list(csv.DictReader(io.StringIO(downloaded(page, menu, "Numbers (CSV)").decode("utf-8-sig"))))
