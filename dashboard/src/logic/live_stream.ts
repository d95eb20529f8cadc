/** The stream of notices, held open: what the browser gives up is opened again, ever more slowly. */

// What a refused or ended EventSource is: it never comes back by itself.
const CLOSED = 2;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** What is used of an EventSource. */
export interface Source {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(kind: string, listener: () => void): void;
  close(): void;
}

/** What is told of the stream. */
export interface StreamListener {
  /** Something may be new: a notice came, or some may have been missed. */
  onNews(): void;
  onConnected(isConnected: boolean): void;
}

/** Listen until the returned function is called. */
export function holdStream(
  open: () => Source,
  kinds: readonly string[],
  listener: StreamListener,
): () => void {
  let source: Source | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let waitMs = FIRST_WAIT_MS;
  let isFirst = true;
  const begin = () => {
    const opened = open();
    source = opened;
    for (const kind of kinds) opened.addEventListener(kind, () => listener.onNews());
    opened.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      listener.onConnected(true);
      if (!isFirst) listener.onNews();
      isFirst = false;
    };
    opened.onerror = () => {
      listener.onConnected(false);
      if (opened.readyState !== CLOSED) return;
      opened.close();
      timer ??= setTimeout(() => {
        timer = null;
        begin();
      }, waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    };
  };
  begin();
  return () => {
    if (timer) clearTimeout(timer);
    source?.close();
    listener.onConnected(false);
  };
}
