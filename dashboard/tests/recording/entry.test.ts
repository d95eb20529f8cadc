import { expect, test } from "vitest";
import { entriesOf } from "../../src/recording/entry";
import type { RecordedEvent } from "../../src/recording/event";
import { parseEvent } from "../../src/recording/event";
import { NodeNames } from "../../src/recording/node_names";

const names = new NodeNames();

function event(type: number, data: Record<string, unknown>, timestamp = 10_000): RecordedEvent {
  return { window_id: "w1", segment_id: 0, type, timestamp, data };
}

const page = event(2, {
  node: {
    type: 0,
    id: 1,
    childNodes: [
      {
        type: 2,
        id: 2,
        tagName: "button",
        attributes: {},
        childNodes: [
          {
            type: 2,
            id: 3,
            tagName: "span",
            attributes: {},
            childNodes: [{ type: 3, id: 4, textContent: " Pay\n now " }],
          },
        ],
      },
      { type: 2, id: 5, tagName: "input", attributes: { name: "email" }, childNodes: [] },
    ],
  },
});

test("a click is named by what was clicked", () => {
  const known = new NodeNames();
  known.learn(page);

  const [entry] = entriesOf(event(3, { source: 2, type: 2, id: 2 }), known);

  expect([entry?.kind, entry?.title]).toEqual(["click", "button “Pay now”"]);
});

test("an element that came by a mutation is known, and forgotten with the next snapshot", () => {
  const known = new NodeNames();
  known.learn(page);
  known.learn(
    event(3, {
      source: 0,
      adds: [
        { parentId: 1, node: { type: 2, id: 9, tagName: "a", attributes: { id: "more" }, childNodes: [] } },
      ],
    }),
  );
  expect(known.nameOf(9)).toBe("a#more");

  known.learn(page);

  expect(known.nameOf(9)).toBeNull();
});

test("a click within a control is a click on the control", () => {
  const known = new NodeNames();
  known.learn(page);

  expect(known.nameOf(4)).toBe("button “Pay now”");
});

test("moves of the mouse are no rows", () => {
  expect(entriesOf(event(3, { source: 1, positions: [] }), names)).toEqual([]);
});

test("an error brings its stack", () => {
  const payload = { name: "TypeError", message: "x is undefined", stack: "at pay" };

  const [entry] = entriesOf(event(5, { tag: "error", payload }), names);

  expect(entry).toMatchObject({ kind: "error", title: "TypeError: x is undefined", detail: "at pay" });
});

test("the console's words are unquoted", () => {
  const payload = { level: "warn", trace: [], payload: ['"slow"', '{"a":1}'] };

  const [entry] = entriesOf(event(6, { plugin: "rrweb/console@1", payload }), names);

  expect(entry).toMatchObject({ kind: "console", level: "warn", title: 'slow {"a":1}' });
});

test("requests end, at the latest, when they are told of", () => {
  const requests = [
    { name: "https://a.example/1", startTime: 500, duration: 100, status: 200, initiatorType: "fetch" },
    {
      name: "https://a.example/2",
      startTime: 700,
      endTime: 1000,
      status: 503,
      initiatorType: "fetch",
      method: "POST",
    },
  ];

  const entries = entriesOf(event(6, { plugin: "rrweb/network@1", payload: { requests } }), names);

  expect(entries.map((each) => each.request?.started_at_ms)).toEqual([9500, 9700]);
  expect(entries.map((each) => each.request?.duration_ms)).toEqual([100, 300]);
  expect(entries.map((each) => each.request?.has_failed)).toEqual([false, true]);
});

test("an image without a status has not failed, a call without one has", () => {
  const requests = [
    { name: "a", status: 0, initiatorType: "img" },
    { name: "b", status: 0, initiatorType: "fetch" },
  ];

  const entries = entriesOf(event(6, { plugin: "rrweb/network@1", payload: { requests } }), names);

  expect(entries.map((each) => each.request?.has_failed)).toEqual([false, true]);
});

test("a line that is no event is passed over", () => {
  expect(parseEvent("{")).toBeNull();
  expect(parseEvent('{"type":"x","timestamp":1}')).toBeNull();
  expect(parseEvent('{"type":9,"timestamp":1,"data":null}')?.data).toEqual({});
});

test("a request that tells when it started is shown there, however late it was told", () => {
  const requests = [
    { name: "/api/pay", startTime: 700, duration: 100, started_at_ms: 9_100 },
    { name: "/api/cart", startTime: 750, duration: 20 },
  ];

  const found = entriesOf(event(6, { plugin: "rrweb/network@1", payload: { requests } }, 10_000), names);

  expect(found.map((each) => each.at_ms)).toEqual([9_100, 9_950]);
});
