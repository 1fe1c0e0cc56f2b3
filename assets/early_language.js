// Chooses the page's language: from the address, from the reader's earlier choice, or from the browser. A language that
// the server does not have is passed over. It is a script of the page itself and stands before all others. The texts of
// another language than English are a script of their own, which a browser runs before all modules, Gradio's too.

{
  const languages = globalThis.playgroundLanguages;
  const choice = () => {
    try {
      return localStorage.getItem("playground:language");
    } catch {
      return null; // the reader has blocked storage
    }
  };
  const known = (tag) => languages.find((one) => one.tag === tag);
  const wanted = [new URLSearchParams(location.search).get("lang"), choice(), ...navigator.languages, "en"];
  const { tag, direction, address } = wanted.map((one) => one && (known(one) ?? known(one.split("-")[0]))).find(Boolean);
  Object.assign(document.documentElement, { lang: tag, dir: direction });
  globalThis.playgroundLanguage = tag;
  Object.defineProperty(navigator, "language", { value: tag, configurable: true }); // Gradio's own texts follow it
  // Gradio has not begun when the texts come, so its controls have their labels in the language from the first.
  document.addEventListener("load", ({ target }) => target instanceof HTMLScriptElement && target.src.endsWith(`/${tag}.js`) && label(), true);
  const label = () => {
    const inLanguage = (text) => globalThis.playgroundCatalogue[text]?.[0] ?? text;
    for (const { type, props } of window.gradio_config.components) {
      for (const name of ["label", "info", "placeholder", ...(type === "button" ? ["value"] : [])]) props[name] = inLanguage(props[name]);
      if (type === "radio" && Array.isArray(props.choices)) props.choices = props.choices.map(([name, value]) => [inLanguage(name), value]);
    }
  };
  const script = "script"; // the end of an element would end this script, which stands in the page
  if (address) document.write(`<${script} defer src="${address}"></${script}>`);
}
