"""Examples of what the page and clients send, by event, server function, endpoint and route, for `test_edge.py`."""

from playground.decoding.settings import Settings
from playground.prompts.columns import task_json
from playground.prompts.tasks import TASKS

SETTINGS = Settings(temperature=0.9, top_k=20, max_new_tokens=3, seed=1).to_dict()
TASK = task_json(TASKS[0]) | {"instruction": "", "cue": ":", "examples": [{"input": "t", "answer": "Positive"}]}
ITEMS = [{"input": "t", "answer": "Positive"}, {"input": "u", "answer": "Negative"}]
SWITCHES = {"orders": 1, "flip": False, "one_class": False, "nonsense": False, "calibrate": False}
LINK = "#v=1&model=tiny&prompt=the&temperature=0.9&max_new_tokens=3&seed=1&strategy=sample"
LANGUAGES = {"source": "", "target": ""}
PROMPT = {"text": "the", "templated": False, "content_free": "a"}
TRACE_ID = "the id of a text"
"""This stands in the examples for the id of a text that exists."""

EVENTS = {
    "click": None,
    "change": None,
    "stop": {"run": 1},
    "halt": None,
    "grid_stop": None,
    "beams_stop": None,
    "fork": {"trace_id": TRACE_ID, "index": 1, "settings": SETTINGS, "token_id": 7},
    "further": {"trace_id": TRACE_ID, "one_step": True},
    "again": {"trace_id": TRACE_ID},
    "look": {"trace_id": TRACE_ID},
    "forget": {"trace_ids": [TRACE_ID]},
    "link": {"fragment": LINK},
    "texts": {"asked": 1, "texts": ["the tin", "on"]},
    "run": {"run": 1, "prompts": [{"text": "the", "templated": False}], "stop": "x", "settings": SETTINGS}
    | {"languages": LANGUAGES},
    "fill": {"settings": SETTINGS, "languages": LANGUAGES},
    "evaluate": {"id": 1, "task": TASK, "items": ITEMS, "form": "plain", "spelling": "space", "shots": [0]}
    | {"switches": SWITCHES, "wordings": None, "languages": LANGUAGES},
    "grid_run": {"prompts": ["the"], "rows": [SETTINGS], "first_seed": 1, "seeds": 2, "new_tokens": 2, "chat": False}
    | {"languages": LANGUAGES},
    "grid_open": {"ticket": 1, "prompt": "the", "settings": SETTINGS, "seed": 2, "chat": False, "token_ids": [7]}
    | {"languages": LANGUAGES},
    "models_run": {"run": 1, "models": ["tiny"]},
    "models_stop": {"run": 1},
    "models_fill": {
        "version": 1,
        "models": ["tiny", "other"],
        "written": {"prompt": "the tin", "chat": False, "earlier": [], "fields": {}},
        "settings": SETTINGS,
    },
    "beams_run": {"num_beams": 2, "max_new_tokens": 2, "length_penalty": 1.0, "early_stopping": False},
    "beams_whole": {"horizon": 1},
    "beams_open": {"ticket": 1, "prompt_ids": [7], "settings": SETTINGS | {"strategy": "beam"}, "token_ids": [8, 9]},
}
"""What the page sends with each event, by the event's name. The sidebar's components send their values."""

SERVER_FUNCTIONS = {
    "build_columns": {"task": TASK, "form": "plain", "answer_tokens": 2, "columns": [{"shots": 1}, {"free": "the"}]}
    | {"languages": LANGUAGES},
    "ask_labels": {"labels": ["on", "in"], "spellings": ["bare", "space"], "prompts": [PROMPT]}
    | {"languages": LANGUAGES},
    "read_csv": {"bytes": "aW5wdXQsYW5zd2VyCmEsYgo=", "most": 5},
    "read_texts": {"ids": [[7, 8], []]},
    "read_link": {"version": 2, "model": "tiny", "form": "plain", "columns": [{"shots": 0}], "spelling": None}
    | {"calibrates": True, "task": TASK, "settings": SETTINGS, "languages": LANGUAGES},
}

ENDPOINTS = {
    "trace": ["the", SETTINGS],
    "translate": ["the tin", SETTINGS | {"cross_attention": [0, 0]}],
    "attention": ["the tin", 0, 1],
    "beams": ["the", {"num_beams": 2, "max_new_tokens": 2}],
    "fill": ["the [MASK]", {"temperature": 0.9}],
    "classify": ["the tin", ""],
    "grid": [["the"], [SETTINGS], [1, 2]],
    "paste_settings": ["llama-cli --temp 0.7 --top-k 20 --magic 3", ""],
    "copy_settings": [{"temperature": 0.9, "order": "llama.cpp"}, "vllm"],
    "reshape": [[1.0, 0.5, None], [0], {"temperature": 0.9, "order": "llama.cpp"}],
    "watermark": ["the tin on", {"watermark_ratio": 0.5, "watermark_key": 7}],
    "model": [],
    "models": [],
    "label_probabilities": ["the", ["on", "in"]],
    "compare_prompts": [["the", "on"], SETTINGS],
    "tokens": ["the tin"],
    "neighbours": [7, 3, "input"],
    "lens": ["the tin", -1, 3],
    "contributions": ["the tin", -1, 7, None],
    "attribution": ["the tin", -1, 7, None, "gradient_x_input"],
    "patching": ["a b", "a c", 7],
}

PARAMETERS = {
    "index": ["0", "1", "-1"],
    "position": ["1", "2"],
    "layer": ["0", "1", "mean"],
    "head": ["0", "3", "max"],
    "tokens": ["2", "3"],
    "last": ["2"],
    "kind": ["full", "light"],
    "tag": ["0123456789abcdef"],
    "name": ["page.js", "temperature"],
    "token_id": ["7"],
    "against": ["8"],
    "count": ["3"],
    "space": ["input", "output"],
    "near": ["0"],
    "method": ["leave_one_out", "gradient_x_input", "integrated_gradients"],
    "scale": ["logit"],
    "parts": ["tokens", "words"],
    "steps": ["3"],
    "how": ["delete"],
    "neuron": ["0", "5"],
    "order": ["reversed"],
    "model": ["tiny"],
    "stage": ["top_k"],
    "lang": ["fr"],
    "views": ["attention,layers,why", "layers"],
    "step": ["1", "0"],
    "terms": ["token_id=7", "token_id=7&against=8"],
    "why": ["token_id=7&method=leave_one_out&scale=logit&parts=tokens&how=delete&steps=3"],
}
"""Valid values for the parameters of an address."""

STEP = {"index": 0, "token_id": 9, "forced": False, "draw": 0.5, "settings": None, "probability": 0.5, "kept": 2}
STEP |= {"raw_probability": 0.4, "entropy_bits": 1.5, "rank": 1, "seconds": 0.1}
BODIES = {
    "/class/join": {"nickname": "Ada"},
    "/class/here": {"version": 1, "alone": False},
    "/class/scene": {"view": "decode", "face": "simple", "model": "tiny", "trace": TRACE_ID, "index": 0, "guess": False}
    | {"settings": SETTINGS, "lesson": {"name": "warmth", "page": 0}, "prompt": "the", "fields": {}},
    "/class/mode": {"frozen": False, "blank": True, "paused": False, "may": {"leave": True, "settings": False}},
    "/class/lead": {"number": None},
    "/class/question": {"kind": "choice", "text": "Which?", "choices": ["a", "b"], "hides": True, "token": None}
    | {"place": {"trace": TRACE_ID, "index": 0}, "lesson": {"name": "temperature", "page": 1, "lang": "fr"}},
    "/class/answer": {"question": 1, "answer": "a"},
    "/class/draw/one": {"draw": 1},
    "/next-logits": {"prompt_ids": [7, 8], "completion_ids": [9]},
    "/mask": {"completion_ids": [], "regex": "the tin|on"},
    "/watermark": {"ids": [7, 8, 9], "watermark_ratio": 0.5, "watermark_key": 7},
    "/scores": {"text": "the tin"},
    "/families": {"text": "the tin"},
    "/settings/pasted": {"text": "llama-cli --temp 0.7"},
    "/settings/copied": {"settings": SETTINGS, "format": "vllm"},
    "/stages/{stage}": {"logits": [1.0, 0.5, None], "values": {"top_k": 1}, "ids": [0], "prompt_length": 1, "seed": 1}
    | {"source_ids": [], "surprises": [0.5]},
    "/encoder/text": {"text": "the [MASK]", "seed": 1},
    "/encoder/row": {"ids": [7, 8], "position": 1},
    "/encoder/likelihood": {"text": "the tin"},
    "/encoder/labels": {"text": "the tin"},
    "/traces": {"model": "tiny", "prompt_ids": [7], "settings": SETTINGS, "stop_reason": None, "steps": [STEP]},
    "/embeddings/points": {"words": ["the", " a"], "beside": 1, "space": "input"},
    "/embeddings/sum": {"plus": ["the", "a"], "minus": ["on"], "space": "input"},
    "/embeddings/read": {"texts": ["the tin", "on"]},
    "/embeddings/layers": {"places": [{"ids": [7, 8], "position": 1}, {"ids": [9], "position": 0}]},
    "/inside/tokens": {"texts": ["the tin", ""]},
    "/tokens/space": {"text": "the "},
    "/word_ids.json": {"model": "tiny", "setting": "bad_words", "value": ["the"]},
    "/patching/tokens.json": {"clean": "a b", "corrupted": "a c"},
    "/patching": {"clean": "a b", "corrupted": "a c", "token_id": 7},
}
