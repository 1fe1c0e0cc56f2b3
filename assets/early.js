// Stands in the page itself and runs before Gradio asks anything of its queue: from then on those questions go through
// common/connection.js, which knows what to do when nobody answers.
{
  const plain = window.fetch.bind(window);
  const ROUTE = /\/gradio_api\/(queue\/join|queue\/data|run\/.+|component_server)\/?$/;
  window.fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, document.baseURI);
    if (!ROUTE.test(address.pathname)) return plain(input, init);
    const { answer } = await import(new URL("playground/assets/common/connection.js", document.baseURI));
    return answer(plain, new Request(input, init));
  };
}
