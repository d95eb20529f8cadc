// The snippet that a page carries: queues calls and early errors until the bundle is there. Bundled on its own.

declare const SDK_SRC: string;
declare const SDK_OPTIONS: Record<string, unknown>;

((page: Window & { traceflow?: unknown }, options: Record<string, unknown>) => {
  if (page.traceflow) return;
  const q: unknown[][] = [];
  const stub: Record<string, unknown> = { q, o: options };
  const names = "start stop identify track captureError reset optIn optOut flush";
  for (const name of names.split(" ")) stub[name] = (...args: unknown[]) => void q.push([name, ...args]);
  stub.getSessionId = stub.getSessionUrl = () => null;
  page.traceflow = stub;
  // Until the bundle listens itself; it takes over at once, so nothing is told twice.
  const early = (event: Event): void => {
    const { error, reason } = event as ErrorEvent & PromiseRejectionEvent;
    if (page.traceflow === stub && (error || reason)) q.push(["captureError", error || reason, false]);
  };
  page.addEventListener("error", early);
  page.addEventListener("unhandledrejection", early);
  const script = document.createElement("script");
  script.async = true;
  script.src = SDK_SRC;
  const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce;
  if (nonce) script.nonce = nonce;
  document.head.appendChild(script);
})(window, SDK_OPTIONS);
