import { beforeEach, expect, test, vi } from "vitest";
import { NodeNames } from "../../src/recording/node_names";
import { Stage } from "../../src/recording/stage";

const pausedAt: number[] = [];

vi.mock("@rrweb/replay", () => ({
  Replayer: class {
    iframe = {};
    on(): void {}
    getMetaData(): { startTime: number } {
      return { startTime: 1_000 };
    }
    pause(atMs: number): void {
      pausedAt.push(atMs);
    }
  },
}));

function stage(): Stage {
  const window = {
    window_id: "w1",
    from_ms: 1_000,
    to_ms: 9_000,
    events: [],
    first_snapshot_at_ms: 1_050,
    names: new NodeNames(),
  };
  const listener = { onSize: () => {}, onRunOut: () => {}, onFrame: () => {} };
  return new Stage({ append: () => {} } as unknown as HTMLElement, window, listener, true);
}

beforeEach(() => {
  pausedAt.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("document", { createElement: () => ({}) });
  vi.stubGlobal("CSS", {});
});

test("a time in a window's first second is shown as it is; before the first snapshot, the snapshot is", () => {
  const built = stage();

  built.show(1_300);
  built.show(1_000);

  expect(pausedAt).toEqual([300, 50]);
});

test("the opening picture is the one a second in", () => {
  stage().showOpening();

  expect(pausedAt).toEqual([1_050]);
});
