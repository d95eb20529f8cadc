import { expect, test, vi } from "vitest";
import { MaskPass } from "../../src/recording/mask_pass";

class FakeHighlight extends Set<unknown> {
  // As the real one: each range is an argument.
  constructor(...ranges: unknown[]) {
    super(ranges);
  }
}

function pageOf(words: number) {
  let next = 0;
  return {
    body: {},
    querySelectorAll: () => [],
    createTreeWalker: () => ({ nextNode: () => (next++ < words ? { nodeValue: "*****" } : null) }),
    createRange: () => ({ setStart: () => {}, setEnd: () => {} }),
  };
}

test("a page of very many masked words keeps its marks", () => {
  vi.useFakeTimers();
  const highlights = new Map<string, FakeHighlight>();
  vi.stubGlobal("Highlight", FakeHighlight);
  vi.stubGlobal("CSS", { highlights });
  vi.stubGlobal("NodeFilter", { SHOW_TEXT: 4 });
  const contentWindow = { Highlight: FakeHighlight, CSS: { highlights } };
  const frame = { contentDocument: pageOf(300_000), contentWindow } as unknown as HTMLIFrameElement;

  new MaskPass(frame).request();
  vi.runAllTimers();

  expect(highlights.get("tf-masked")?.size).toBe(20_000);
});
