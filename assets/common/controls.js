/** Moves the sidebar's sliders for a view, as if the reader had done so. Knows Gradio's elements, not the settings. */

/** @param {string} name  the name of a setting @returns {HTMLInputElement | null} its slider, null if the page has none */
export const sliderOf = (name) => document.querySelector(`#pg-control-${name} input[type=range]`);

/**
 * @param {string} name  the name of a setting that has a slider
 * @param {number} value  a value outside the slider's range moves it to its end
 */
export function moveSlider(name, value) {
  const slider = sliderOf(name);
  slider.value = String(value); // the browser limits it to the range and rounds it to a step
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
