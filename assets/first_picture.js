/**
 * Shows the page once its first picture is drawn. Gradio builds the page in pieces, and each piece would move what stands
 * below it. `playground/web/head.py` hides the page until then, for five seconds at most.
 */

document.addEventListener("playground:inview", () => document.documentElement.toggleAttribute("data-drawn", true), { once: true });
