// The worker: compresses and sends with the browser's own functions, away from the page's thread and its patches.

/** What is to be sent; answered under the same number. */
export interface Job {
  readonly id: number;
  readonly url: string;
  readonly key: string;
  readonly text: string;
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/**
 * Runs inside the worker from its source text, so it refers to nothing outside itself.
 * Status -1: the body is over the limit even when compressed.
 */
export function workerMain(): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<Job>) => void;
    postMessage: (message: unknown) => void;
  };
  scope.onmessage = async ({ data: job }) => {
    const silent = { id: job.id, status: 0, contentType: "", retryAfter: null, rateLimits: null, body: "" };
    try {
      const headers: Record<string, string> = {
        Authorization: `Bearer ${job.key}`,
        "Content-Type": "application/json",
      };
      let body: Blob = new Blob([job.text]);
      if (typeof CompressionStream === "function") {
        body = await new Response(body.stream().pipeThrough(new CompressionStream("gzip"))).blob();
        headers["Content-Encoding"] = "gzip";
      }
      if (body.size > job.mostBytes) return scope.postMessage({ ...silent, status: -1 });
      const aborter = new AbortController();
      setTimeout(() => aborter.abort(), job.timeoutMs);
      const { signal } = aborter;
      const answer = await fetch(job.url, { method: "POST", headers, body, signal, credentials: "omit" });
      const found = (name: string) => answer.headers.get(name);
      scope.postMessage({
        id: job.id,
        status: answer.status,
        contentType: found("Content-Type") ?? "",
        retryAfter: found("Retry-After"),
        rateLimits: found("X-TraceFlow-Rate-Limits"),
        body: await answer.text(),
      });
    } catch {
      scope.postMessage(silent);
    }
  };
  scope.postMessage({ id: 0 });
}
