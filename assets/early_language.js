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
  const script = "script"; // the end of an element would end this script, which stands in the page
  if (address) document.write(`<${script} defer src="${address}"></${script}>`);
}
