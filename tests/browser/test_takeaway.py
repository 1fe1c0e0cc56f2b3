"""Tests what a visitor saves and opens again: links, trace files, CSV, pictures, code."""

import csv
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import bars, chosen, ending, generate, headline, lock, requested, selected, strip, tokens
from tests.saved_trace import logits, told

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)>${7*7}"


def take(page, item: str):
    """Returns the file that an item of the Export menu saves."""
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return download.value


def open_file(page, content: bytes, name: str = "trace.json.gz") -> None:
    page.get_by_label("Trace file").set_input_files({"name": name, "mimeType": "application/gzip", "buffer": content})


def words(page) -> list[str]:
    return tokens(page).all_inner_texts()


def saved(page, kind: str) -> bytes:
    return take(page, f"Trace, {kind} (JSON)").path().read_bytes()


def copied_link(page, site) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    return page.evaluate("navigator.clipboard.readText()")


def wait_for_end(page, new_tokens: int) -> None:
    expect(tokens(page)).to_have_count(new_tokens)
    expect(ending(page)).to_be_visible()


def test_a_link_makes_the_same_text_again_for_another_visitor(page, site, another):
    page.get_by_role("button", name="Creative").click()
    generate(page, "One & two: <b>é</b> +\nthree", new_tokens=9)
    wait_for_end(page, 9)
    tokens(page).nth(3).click()
    expect(page.get_by_text("step 4 of 9")).to_be_visible()
    link = copied_link(page, site)
    assert urlsplit(link).query == "", "what is in the fragment reaches no server and no log"
    said = parse_qs(urlsplit(link).fragment)
    assert (said["v"], said["step"], said["temperature"], said["seed"]) == (["1"], ["4"], ["1.2"], ["5"])

    other = another(link)
    expect(other.get_by_text("step 4 of 9")).to_be_visible()
    expect(ending(other)).to_be_visible()
    expect(tokens(other)).to_have_text(words(page))
    expect(headline(other)).to_have_text(chosen(page))
    expect(other.get_by_label("Prompt", exact=True)).to_have_value("One & two: <b>é</b> +\nthree")
    expect(other.get_by_role("spinbutton", name="Temperature")).to_have_value("1.2")
    expect(other.get_by_role("spinbutton", name="Top-k")).to_have_value("0")
    expect(other.locator(".pg-differing")).to_have_text("")
    expect(other.get_by_label("Seed", exact=True)).to_have_value("5")
    expect(lock(other)).to_have_attribute("aria-pressed", "true")


@pytest.mark.long
def test_a_link_gives_the_same_ids_while_others_generate(page, site, another):
    generate(page, "The weather", new_tokens=12)
    wait_for_end(page, 12)
    link = copied_link(page, site)
    busy = another()
    expect(selected(busy)).to_be_visible()
    generate(busy, "A much longer prompt, of somebody else, who takes part in every forward", new_tokens=60)
    expect(tokens(busy).nth(2)).to_be_visible()
    other = another(link)
    expect(other.get_by_text("step 12 of 12")).to_be_visible()
    expect(ending(other)).to_be_visible()
    expect(tokens(other)).to_have_text(words(page))


def test_a_link_to_a_branch_makes_the_branch(page, site, another):
    generate(page, "The weather", new_tokens=8)
    wait_for_end(page, 8)
    tokens(page).nth(2).click()
    expect(page.get_by_text("step 3 of 8")).to_be_visible()
    parent = words(page)
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 3")
    bars(page).nth(6).click()
    expect(page.get_by_role("list", name="Branches").get_by_role("listitem")).to_have_count(3)
    wait_for_end(page, 8)
    assert words(page)[:2] == parent[:2]
    assert words(page)[2] != parent[2]
    link = copied_link(page, site)
    other = another(link)
    expect(other.get_by_label("Prompt", exact=True)).to_have_value("The weather")
    expect(tokens(other)).to_have_count(8)
    expect(ending(other)).to_be_visible()
    expect(tokens(other)).to_have_text(words(page))


@pytest.mark.long
def test_a_conversation_comes_back_with_its_switch(page, site, another):
    page.get_by_label("Chat template").check()
    generate(page, "Say hello.", new_tokens=5)
    expect(strip(page)).to_contain_text("Say·hello.")
    expect(ending(page)).to_be_visible()
    link = copied_link(page, site)
    other = another(link)
    expect(other.get_by_label("Chat template")).to_be_checked()
    expect(other.get_by_label("Prompt", exact=True)).to_have_value("Say hello.")


NONSENSE = [
    ("#v=1&nonsense=%", "it has no model"),
    ("#v=9&model=m&prompt=x", "its version is '9'"),
    ("#v=1&model=SmolLM2-135M-Instruct&prompt=x&temperature=hot", "temperature is 'hot' and not a number"),
    ("#v=1&model=gpt-none&prompt=x", "was made with the model 'gpt-none'"),
    ("#v=1&model=SmolLM2-135M-Instruct&prompt=x&max_new_tokens=5000", "max_new_tokens is 5,000"),
]


def test_a_link_with_nonsense_is_a_sentence_and_the_example_stays(page, site):
    before = words(page)
    page.evaluate("location.hash = 'a-place-in-the-page'")
    expect(page.get_by_role("alert")).to_have_count(0)
    for fragment, sentence in NONSENSE:
        page.evaluate("(fragment) => { location.hash = fragment }", fragment)
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        assert words(page) == before
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("At night the sky is full of")


def test_without_a_clipboard_the_link_stands_in_the_address_bar(page):
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.execCommand = () => false")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("address bar")).to_be_visible()
    assert "prompt=At+night" in page.evaluate("location.hash")


def test_a_whole_file_holds_every_number_and_opens_again(example):
    whole = told(saved(example, "whole"))
    fetched = example.evaluate(
        """async () => {
            const { placeInView } = await import(new URL("playground/assets/common/views.js", document.baseURI));
            const { fetchLogits } = await import(new URL("playground/assets/common/server.js", document.baseURI));
            return Array.from(await fetchLogits(placeInView().traceId, 2));
        }"""
    )
    assert logits(whole, 2).tolist() == fetched


def file_rows(page) -> tuple[str, list[str], str, list[str]]:
    return (
        chosen(page),
        words(page),
        page.locator(".pg-bars").inner_text(),
        page.locator(".pg-chain").all_inner_texts(),
    )


def test_an_opened_file_shows_what_was_saved_without_the_server(page, site):
    tokens(page).nth(6).click()
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 7")
    before = file_rows(page)
    content = saved(page, "whole")
    generate(page, "Something else", new_tokens=3)
    wait_for_end(page, 3)
    open_file(page, content)
    expect(page.get_by_text("This text comes from a file of SmolLM2-135M-Instruct.")).to_be_visible()
    with requested(page) as asked:
        tokens(page).nth(6).click()
        expect(page.get_by_text("step 7 of 40")).to_be_visible()
        expect(page.locator(".pg-bars-title")).to_contain_text("Step 7")
        assert file_rows(page) == before
        page.get_by_role("button", name="Top-3 only").click()
        expect(page.get_by_text("top-k 3 keeps 3", exact=True)).to_be_visible()
    assert asked == []
    assert saved(page, "whole") == content, "what was opened is saved as it is"
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Only a text generated here has a link.")).to_be_visible()


def test_a_light_file_opens_and_says_so(page):
    light = saved(page, "light")
    assert len(light) < 1_500_000
    before = bars(page).first.inner_text()
    open_file(page, light)
    expect(page.get_by_text("all but the most probable tokens have equal probabilities")).to_be_visible()
    expect(bars(page).first).to_have_text(before.replace("\n", ""))


def test_a_file_of_another_model_brings_its_own_words(page):
    file = told(saved(page, "light"))
    file["model"] = "another/model"
    file["tokens"][str(file["steps"][0]["token_id"])] = HOSTILE
    open_file(page, json.dumps(file).encode(), "unpacked.json")
    expect(page.get_by_text("This text comes from a file of another/model.")).to_be_visible()
    expect(headline(page)).to_have_text(HOSTILE)
    assert words(page)[0] == HOSTILE
    expect(page.locator("#pg-decode img")).to_have_count(0)
    assert HOSTILE in take(page, "Picture (SVG)").path().read_text().replace("&lt;", "<").replace("&gt;", ">")


def test_bad_files_are_sentences_and_the_trace_in_view_stays(example):
    before = words(example)
    light = saved(example, "light")
    edited = told(light)
    edited["steps"][0]["logits"] = "!"
    for content, sentence in [
        (b"hello", "no JSON"),
        (light[:-9], "cut off"),
        (json.dumps(edited).encode(), "step 0, logits is not base64"),
    ]:
        open_file(example, content)
        expect(example.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        assert words(example) == before


def rows_of(download) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(download.path().read_bytes().decode("utf-8-sig"), newline="")))


def test_the_candidates_as_csv_are_the_whole_vocabulary(example, site):
    rows = rows_of(take(example, "Candidates (CSV)"))
    size = site.engine.model.vocabulary_size
    assert [int(row["rank"]) for row in rows] == list(range(1, size + 1))
    assert {int(row["token_id"]) for row in rows} == set(range(size))
    assert sum(float(row["probability"]) for row in rows) == pytest.approx(1)
    assert sum(float(row["raw_probability"]) for row in rows) == pytest.approx(1)
    assert {row["removed_by"] for row in rows} == {"", "top_k", "top_p"}
    assert sum(row["removed_by"] == "" for row in rows) == 7
    word = site.engine.model.vocabulary[int(rows[0]["token_id"])]
    assert rows[0]["token"] == word
    assert not [row["token"] for row in rows if row["token"][:1] in ("=", "@") or row["token"][:2] in ("+c", "-c")]


def test_the_steps_as_csv(example):
    rows = rows_of(take(example, "Steps (CSV)"))
    assert [int(row["step"]) for row in rows] == list(range(1, 41))
    assert [row["token"] for row in rows] == words(example)
    assert all(0 <= float(row["draw"]) < 1 for row in rows)


def test_the_step_view_as_a_picture(example):
    for item, name, start in [("Picture (PNG)", "step-1.png", b"\x89PNG"), ("Picture (SVG)", "step-1.svg", b"<svg")]:
        download = take(example, item)
        assert download.suggested_filename == name
        assert download.path().read_bytes().startswith(start)


def test_code_is_copied_or_saved(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("menuitem", name="Copy as code").click()
    expect(page.get_by_text("Script copied.")).to_be_visible()
    script = page.evaluate("navigator.clipboard.readText()")
    compile(script, "decode.py", "exec")
    assert "At night the sky is full of" in script
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.execCommand = () => false")
    assert take(page, "Copy as code").path().read_text() == script


def test_closing_the_tab_while_exporting_harms_nobody(page, another):
    other = another()
    expect(selected(other)).to_be_visible()
    other.evaluate(
        """async () => {
            const { placeInView } = await import(new URL("playground/assets/common/views.js", document.baseURI));
            const file = new URL(`playground/traces/${placeInView().traceId}/file`, document.baseURI);
            await (await fetch(file)).body.getReader().read(); // has begun, and is never read to its end
        }"""
    )
    other.close()
    generate(page, "And on it goes", new_tokens=4)
    wait_for_end(page, 4)
    assert told(saved(page, "whole"))["stop_reason"] == "length"
