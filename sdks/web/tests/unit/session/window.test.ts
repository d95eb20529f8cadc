import { beforeEach, expect, test } from "vitest";

import { openStore } from "../../../src/session/storage.js";
import { trackWindow } from "../../../src/session/window.js";

const openPage = () => trackWindow(openStore("sessionStorage", "tf_x_"));

beforeEach(() => sessionStorage.clear());

test("the next page of a tab goes on with its window and its numbers", () => {
  const first = openPage();
  const { window_id, isNew } = first.open("s", 1);
  expect([isNew, first.nextSegmentId(), first.nextSegmentId()]).toEqual([true, 0, 1]);
  first.close();

  const second = openPage();
  expect(second.open("s", 2)).toEqual({ window_id, isNew: false });
  expect(second.nextSegmentId()).toBe(2);
});

test("a copy of a tab that is still there is another window", () => {
  const first = openPage();
  const { window_id } = first.open("s", 1);
  first.nextSegmentId();

  const copy = openPage();
  const copied = copy.open("s", 2);
  expect(copied.window_id).not.toBe(window_id);
  expect([copied.isNew, copy.nextSegmentId()]).toEqual([true, 0]);
});

test("a page back from the cache goes on after the numbers of the pages between", () => {
  const first = openPage();
  const { window_id } = first.open("s", 1);
  first.nextSegmentId();
  first.close();
  const between = openPage();
  between.open("s", 2);
  between.nextSegmentId();
  between.close();

  expect(first.open("s", 3)).toEqual({ window_id, isNew: false });
  expect(first.nextSegmentId()).toBe(2);
});

test("another session is another window that counts from 0", () => {
  const page = openPage();
  const { window_id } = page.open("s", 1);
  page.nextSegmentId();

  expect(page.open("t", 2).window_id).not.toBe(window_id);
  expect(page.nextSegmentId()).toBe(0);
});

test("a page that is still leaving and the next one never take the same number", () => {
  const leaving = openPage();
  leaving.open("s", 1);
  leaving.nextSegmentId();
  leaving.close();
  const next = openPage();
  next.open("s", 2);
  expect([leaving.nextSegmentId(), next.nextSegmentId(), leaving.nextSegmentId()]).toEqual([1, 2, 3]);
});
