/** Moves the sidebar's sliders for a view, as if the reader had. Knows Gradio's elements, nothing of settings. */

/**
 * @param {string} name  a setting's that has a slider
 * @param {number} value  what is outside the slider's range goes to its end
 */
export function moveSlider(name, value) {
  const slider = document.querySelector(`#pg-control-${name} input[type=range]`);
  slider.value = value; // the browser keeps it in range and on a step
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
