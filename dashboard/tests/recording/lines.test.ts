import { expect, test } from "vitest";
import { LineSplitter } from "../../src/recording/lines";

test("lines come out whole however they are cut", () => {
  const text = '{"a":1}\n{"b":"zwei"}\n{"c":3}\n';
  for (let size = 1; size <= text.length; size += 1) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += size) lines.push(...splitter.push(text.slice(at, at + size)));

    expect(lines).toEqual(['{"a":1}', '{"b":"zwei"}', '{"c":3}']);
    expect(splitter.end()).toBeNull();
  }
});

test("a last line without its end is not lost", () => {
  const splitter = new LineSplitter();

  expect(splitter.push('{"a":1}\n{"b"')).toEqual(['{"a":1}']);
  expect(splitter.push(":2}")).toEqual([]);
  expect(splitter.end()).toBe('{"b":2}');
});

test("empty lines are no lines", () => {
  expect(new LineSplitter().push("\n\n{}\n\n")).toEqual(["{}"]);
});
