/** What is global on the page: the names on `window`, and the page's own events on `document`. */

import type { Choice } from "./attention/choice.js";
import type { Model } from "./models/models.js";
import type { Written } from "./chat/conversation.js";
import type { GradioConfig, News } from "./common/connection.js";
import type { Plotly } from "./common/plotly.js";
import type { Refusal } from "./common/refusals.js";
import type { Example } from "./decode/chain/examples.js";
import type { Place } from "./common/views.js";
import type { Settings } from "./distribution/settings.js";

declare global {
  interface Window {
    /** Gradio's description of the page. */
    gradio_config: GradioConfig;
    /** Plotly itself, once its script is loaded. */
    Plotly: Plotly;
    /** The sidebar's settings, once a control has changed (`page.js`). */
    playgroundSettings?: Settings;
    /** Takes the sidebar's settings from Gradio (`page.js`). */
    playgroundTell(names: string[], values: unknown[]): void;
    /** Says in a view that its part of the page did not come (`common/missing_part.js`); the views' `MOUNT` calls it. */
    playgroundMissing(element: HTMLElement): void;
    /** How many new tokens the sidebar asks for, once that has changed (`playground/web/panels/prompts.py`). */
    playgroundRoom?: number;
    /** The values of the sidebar's controls, in Python's order, once one has changed (the same file). */
    playgroundControls?: unknown[];
  }

  /** The server's models when the page was built (`playground/web/page.py`). */
  var playgroundModels: Model[] | undefined;

  /** Whether the server has a class (`playground/web/page.py`). */
  var playgroundClass: boolean | undefined;

  /** The languages that the page speaks (`playground/web/languages.py`). */
  var playgroundLanguages: { tag: string; name: string; direction: "ltr" | "rtl"; address: string }[] | undefined;

  /** The page's language, "en" for English, and the texts of another one (`early_language.js`). */
  var playgroundLanguage: string | undefined;
  var playgroundSentences: string[] | undefined;
  var playgroundCatalogue: import("./common/language.js").Catalogue | undefined;

  /** What a page without a server has in place of its answers (`common/recorded.js`). */
  var playgroundRecorded: Readonly<Record<string, string>> | undefined;

  interface DocumentEventMap {
    /** Another model is chosen, and it is loaded; its name. */
    "playground:model": CustomEvent<string>;
    /** The reader chooses a model; its name. */
    "playground:choose": CustomEvent<string>;
    /** A chosen model is being loaded, or could not be. */
    "playground:loading": CustomEvent<{ model: string; error: string }>;
    /** The sidebar's settings have changed. */
    "playground:settings": CustomEvent<Settings>;
    /** The reader presses a preset; its settings that are not at their start, and those of the sidebar's sliders. */
    "playground:preset": CustomEvent<Settings>;
    /** `window.playgroundRoom` has changed. */
    "playground:room": Event;
    /** The server does not answer, or answers again. */
    "playground:connection": CustomEvent<News>;
    /** The answers under way will not come any more. */
    "playground:cut": CustomEvent;
    /** The server does not take an event of a view. */
    "playground:refused": CustomEvent<Refusal>;
    /** Another view is open; its name. */
    "playground:view": CustomEvent<string>;
    /** The page shows its other face. */
    "playground:face": CustomEvent<import("./common/face.js").Face>;
    /** The sidebar acts on other things, or its sheet was opened or closed. */
    "playground:sheet": Event;
    /** The Decode tab shows another step. */
    "playground:inview": CustomEvent<Place>;
    /** A view has drawn what it shows, or knows more of it (`common/shown.js`). */
    "playground:shown": Event;
    /** A run of the Decode tab has ended, so that another one can begin; the id of its text, none if it was refused. */
    "playground:ended": CustomEvent<string | undefined>;
    /** The Decode tab is to write the text of an example. It prevents the default if it cannot begin now. */
    "playground:example": CustomEvent<Example>;
    /** A lesson is to be opened; its name. */
    "playground:lesson": CustomEvent<string>;
    /** A lesson that was asked for is open, or it cannot be opened (`lesson_door.js`). */
    "playground:door": Event;
    /** What the reader has done in lessons has changed (`lesson/record.js`). */
    "playground:progress": Event;
    /** The notes for the teacher are shown or hidden. */
    "playground:teacher": Event;
    /** The page shows its other face (`common/face.js`). */
    "playground:face": CustomEvent<"simple" | "everything">;
    /** A question of a lesson was asked to the class or revealed, or what it came to is known (`common/class_asks.js`). */
    "playground:asked": Event;
    /** The text in view takes the place of another one in the list on Decode; the ids of both. */
    "playground:superseded": CustomEvent<{ former: string; heir: string }>;
    /** What a class draws together from a step has changed (`decode/together.js`). */
    "playground:together": Event;
    /** The reader asks for one more token of the text on the Decode tab, or for many. */
    "playground:step": CustomEvent;
    "playground:go-on": CustomEvent;
    /** The Decode tab is to show this step. */
    "playground:open": CustomEvent<Place>;
    /** The Decode tab has done so, or could not; the id of the text that it shows now. */
    "playground:opened": CustomEvent<string | undefined>;
    /** A prompt was brought to Compare models (`common/views.js`). */
    "playground:brought": Event;
    /** "Inside the model" looks at another text or another position, or the theme has changed. */
    "playground:looked": CustomEvent;
    /** The completion of the text in view is to be the assistant's turn in the sidebar. */
    "playground:converse": CustomEvent;
    /** What stood in the sidebar was replaced by a text's conversation (`common/controls.js`). */
    "playground:replaced": CustomEvent<Written>;
    /** A view has written the text for the encoder: the codes of its languages, a sentence about it, and the reader's text
     * that stood there, "" for none. */
    "playground:languages": Event;
    "playground:source": CustomEvent<{ languages: { source: string; target: string }; said: string; former: string }>;
    /** A lesson is open at another page, or none is open any more (`common/lesson_address.js`). */
    "playground:lesson-page": Event;
    /** The bars are hidden so that somebody can guess, or they are back (`common/guessing.js`). */
    "playground:guessing": Event;
    /** What a class lets the reader of this page do has changed (`common/class_rules.js`). */
    "playground:class": Event;
    /** The Decode tab is to turn to this step of the text in view; its index. */
    "playground:turn": CustomEvent<number>;
    /** The text that a class follows has grown; the message about it. */
    "playground:growth": CustomEvent<import("./common/trace.js").Message>;
    /** Another head of the model is in view. */
    "playground:head": CustomEvent<Choice>;
  }
}
