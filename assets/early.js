// Sends the requests of Gradio's client through common/connection.js, which answers them when the server does not.
// This script is part of the page itself, so that it runs before Gradio's first request to its queue.
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
