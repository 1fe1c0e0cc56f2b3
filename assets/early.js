// What must run before all other scripts. It is part of the page itself.

// Gradio's client sends its first request at once. Its requests go through common/connection.js, which answers them when
// the server does not.
{
  const plain = window.fetch.bind(window);
  const ROUTE = /\/gradio_api\/(queue\/join|queue\/data|run\/.+|component_server)\/?$/;
  window.fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, document.baseURI);
    if (!ROUTE.test(address.pathname)) return plain(input, init);
    const { answer } = await import(new URL("playground/assets/common/connection.js", document.baseURI).href);
    return answer(plain, new Request(input, init));
  };
}

// The secret of a class's teacher leaves the address at once, before anything reads it as a link.
{
  const MARK = "#teacher=";
  const take = () => {
    if (!location.hash.startsWith(MARK)) return false;
    try {
      sessionStorage.setItem("playground:teacher", decodeURIComponent(location.hash.slice(MARK.length)));
    } catch {
      // the reader has blocked storage, and so cannot be a teacher here
    }
    history.replaceState(history.state, "", location.pathname + location.search);
    return true;
  };
  take();
  addEventListener("hashchange", (event) => {
    if (!take()) return;
    event.stopImmediatePropagation();
    location.reload(); // as the teacher's page
  });
}

// The page's face is known before anything is drawn; common/face.js changes it. The address comes first. A link without
// a face shows everything, whatever the reader chose before. Who comes without a link, a view and a choice meets the
// simple face.
{
  const address = new URLSearchParams(location.search);
  const FACES = ["simple", "everything"];
  const choice = () => {
    try {
      return localStorage.getItem("playground:face");
    } catch {
      return null; // the reader has blocked storage
    }
  };
  const asked = [address.get("face"), location.hash.includes("=") && "everything", choice(), address.has("tab") && "everything"];
  document.documentElement.dataset.face = asked.find((face) => FACES.includes(face)) ?? "simple";
}
