import { expect, test } from "vitest";
import { NodeNames } from "../../src/recording/node_names";
import type { LoadState, WindowRecording } from "../../src/recording/recording";
import { windowShowing } from "../../src/recording/snapshot_window";

function windowOf(id: string, from: number, to: number): WindowRecording {
  const events = [{}, {}] as WindowRecording["events"];
  const names = new NodeNames();
  return { window_id: id, from_ms: from, to_ms: to, events, first_snapshot_at_ms: from, names };
}

const loaded = (state: LoadState, ...windows: WindowRecording[]) => ({ state, playable: () => windows });

test("of windows that were open at once, the signal's is shown", () => {
  const recording = loaded("complete", windowOf("w1", 0, 100), windowOf("w2", 20, 90));

  expect(windowShowing(recording, { at_ms: 50, window_id: "w2" })?.window_id).toBe("w2");
});

test("once the moment is passed, the rest of the recording is not waited for", () => {
  const sought = { at_ms: 50, window_id: "w1" };

  expect(windowShowing(loaded("loading", windowOf("w1", 0, 50)), sought)).toBeNull();
  expect(windowShowing(loaded("loading", windowOf("w1", 0, 51)), sought)?.window_id).toBe("w1");
});

test("a moment at the very end is shown when all has come, or as much as came", () => {
  const sought = { at_ms: 50, window_id: "w1" };

  expect(windowShowing(loaded("complete", windowOf("w1", 0, 50)), sought)?.window_id).toBe("w1");
  expect(windowShowing(loaded("failed", windowOf("w1", 0, 40)), sought)?.window_id).toBe("w1");
  expect(windowShowing(loaded("failed"), sought)).toBeNull();
});
