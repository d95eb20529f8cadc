import { beforeEach, expect, test, vi } from "vitest";
import { NodeNames } from "../../src/recording/node_names";
import { Player } from "../../src/recording/player";
import type { Recording, WindowRecording } from "../../src/recording/recording";

const shown: string[] = [];

vi.mock("../../src/recording/stage", () => ({
  SETTLED_MS: 1000,
  Stage: class {
    element = { style: {}, hidden: false };
    size = { width: 0, height: 0 };

    constructor(_root: unknown, _window: unknown, listener: { onFrame(): void }) {
      listener.onFrame();
    }

    show(atMs: number): void {
      shown.push(`at ${atMs}`);
    }

    showOpening(): void {
      shown.push("opening");
    }

    hold(): void {}
  },
}));

const FROM = 50_000;

function recordingOf(): Recording {
  const window: WindowRecording = {
    window_id: "w1",
    from_ms: FROM,
    to_ms: FROM + 9_000,
    events: [{}, {}] as WindowRecording["events"],
    first_snapshot_at_ms: FROM,
    names: new NodeNames(),
  };
  return {
    state: "complete",
    windows: new Map([["w1", window]]),
    presences: [],
    interactions: [],
    playable: () => [window],
    extent: () => ({ from_ms: FROM, to_ms: FROM + 9_000 }),
    subscribe: () => () => {},
    onEvent: () => () => {},
  } as unknown as Recording;
}

beforeEach(() => {
  shown.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe(): void {}
    },
  );
});

test("a recording that nobody has gone about in yet opens with its settled picture", () => {
  new Player({} as HTMLElement, recordingOf(), null);
  vi.runAllTimers();

  expect(shown).toEqual(["opening"]);
});

test("whoever goes to a time in the first second sees that time", () => {
  const player = new Player({} as HTMLElement, recordingOf(), null);
  vi.runAllTimers();
  shown.length = 0;

  player.seek(FROM + 300);
  player.seek(FROM);
  vi.runAllTimers();

  expect(shown).toEqual([`at ${FROM + 300}`, `at ${FROM}`]);
});

test("a link to the start shows the start", () => {
  new Player({} as HTMLElement, recordingOf(), 0);
  vi.runAllTimers();

  expect(shown).not.toContain("opening");
});
