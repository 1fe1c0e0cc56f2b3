"""Tests that the files of Gradio's front end are found: those of the page's frame, and those of each component."""

from playground.web.gradio_files import ASSETS, TRACKER, content_of, ends_timers, gradio_files, text_of


def test_the_files_of_the_frame_come_first_and_each_once():
    names = gradio_files({"slider", "radio"})
    assert len(names) == len(set(names))
    assert all((ASSETS / name).exists() for name in names)
    assert [name.partition("-")[0] for name in names[:2]] == ["Index", "core"]
    assert any(name.startswith("Blocks-") for name in names)


def test_a_component_adds_its_own_files():
    frame, slider, both = gradio_files([]), gradio_files({"slider"}), gradio_files({"slider", "radio"})
    assert set(frame) < set(slider) < set(both)
    assert any('type="range"' in (ASSETS / name).read_text("utf-8") for name in set(slider) - set(frame))


def test_gradio_draws_a_bare_value_of_the_api_as_a_state():
    assert gradio_files({"api"}) == gradio_files({"state"})
    assert set(gradio_files({"api"})) > set(gradio_files([]))


def test_the_timer_of_gradio_s_tracker_ends_with_the_tracker_and_nothing_else_is_changed():
    scripts = {name: content_of(name).decode() for name in gradio_files([]) if name.endswith(".js")}
    [tracker] = [name for name, script in scripts.items() if script != text_of(name)]
    assert tracker.startswith(TRACKER)
    added = ",O(()=>()=>{W=!1})"
    assert scripts[tracker].replace(added, "", 1) == text_of(tracker)
    assert ends_timers("no timer") == "no timer"
