// Runs in every page before the page's own scripts: real rrweb, recording as an SDK would.
// Expects the globals rrweb and rrwebPluginConsoleRecord, and the binding carryOut(text).
(() => {
  if (window !== window.top) return; // rrweb borrows clean prototypes from an iframe: not a page of its own
  let emitted = 0;
  const page = crypto.randomUUID();

  const emit = (event) => {
    carryOut(JSON.stringify({ page, number: emitted, event }));
    emitted += 1;
  };

  const describe = (thrown) => ({
    name: thrown?.name ?? "Error",
    message: thrown?.message ?? String(thrown),
    stack: thrown?.stack ?? "",
    handled: false,
  });

  window.traceflow = {
    track: (name, properties) => rrweb.record.addCustomEvent("track", { name, properties }),
    identify: (id, traits) => rrweb.record.addCustomEvent("identify", { id, traits }),
  };

  document.addEventListener("readystatechange", () => {
    // interactive: the document is parsed, its style sheets are in, the shop's modules have not run yet.
    if (document.readyState !== "interactive") return;
    rrweb.record({
      emit,
      maskAllInputs: false, // what is typed must be in the recording: it is what redaction is shown on
      plugins: [rrwebPluginConsoleRecord.getRecordConsolePlugin()],
    });
  });
  window.addEventListener("error", ({ error }) => rrweb.record.addCustomEvent("error", describe(error)));
  window.addEventListener("unhandledrejection", ({ reason }) =>
    rrweb.record.addCustomEvent("error", describe(reason)));
  // The count lets the outside tell that nothing was lost when the page went away.
  window.addEventListener("pagehide", () => carryOut(JSON.stringify({ page, emitted })));
})();
