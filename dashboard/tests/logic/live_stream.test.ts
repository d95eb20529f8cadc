import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { holdStream, type Source } from "../../src/logic/live_stream";

class FakeSource implements Source {
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  isClosed = false;

  addEventListener(): void {}

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  refuse(): void {
    this.readyState = 2;
    this.onerror?.(new Event("error"));
  }
}

function held() {
  const sources: FakeSource[] = [];
  const listener = { onNews: vi.fn(), onConnected: vi.fn() };
  const open = () => {
    const source = new FakeSource();
    sources.push(source);
    return source;
  };
  const stop = holdStream(open, ["session"], listener);
  return { sources, listener, stop };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("a refused stream is opened again, each time after twice as long", () => {
  const { sources } = held();

  sources.at(-1)?.refuse();
  vi.advanceTimersByTime(2_000);
  expect(sources).toHaveLength(2);
  sources.at(-1)?.refuse();
  vi.advanceTimersByTime(3_999);
  expect(sources).toHaveLength(2);
  vi.advanceTimersByTime(1);

  expect(sources).toHaveLength(3);
});

test("a stream that is down is told of, and what was missed is asked for once it is back", () => {
  const { sources, listener } = held();
  sources[0]?.open();
  expect(listener.onConnected).toHaveBeenLastCalledWith(true);
  expect(listener.onNews).not.toHaveBeenCalled();

  sources[0]?.refuse();
  expect(listener.onConnected).toHaveBeenLastCalledWith(false);
  vi.advanceTimersByTime(2_000);
  sources[1]?.open();

  expect(listener.onConnected).toHaveBeenLastCalledWith(true);
  expect(listener.onNews).toHaveBeenCalledTimes(1);
});

test("a stream that nobody wants any more stays closed", () => {
  const { sources, stop } = held();
  sources[0]?.refuse();

  stop();
  vi.advanceTimersByTime(120_000);

  expect(sources).toHaveLength(1);
  expect(sources[0]?.isClosed).toBe(true);
});
