import { beforeEach, expect, test, vi } from "vitest";

import { trackConsent } from "../../../src/session/consent.js";
import { openStore } from "../../../src/session/storage.js";

const open = (asks: Partial<{ requireConsent: boolean; respectDoNotTrack: boolean }> = {}) =>
  trackConsent(openStore("localStorage", "tf_x_"), { requireConsent: false, respectDoNotTrack: false, ...asks });

beforeEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
});

test("nothing is needed where the site asks for no consent, and a refusal is remembered", () => {
  expect(open().isGiven()).toBe(true);
  open().refuse();
  expect(open().isGiven()).toBe(false);
  open().give();
  expect(open().isGiven()).toBe(true);
});

test("where consent is required nothing is stored before it is given, nor after it is refused", () => {
  const consent = open({ requireConsent: true });
  expect([consent.isGiven(), localStorage.length]).toEqual([false, 0]);
  consent.give();
  expect(open({ requireConsent: true }).isGiven()).toBe(true);
  consent.refuse();
  expect([consent.isGiven(), localStorage.length]).toEqual([false, 0]);
});

test.each([{ doNotTrack: "1" }, { globalPrivacyControl: true }])("%o is respected where the site says so", (asked) => {
  vi.stubGlobal("navigator", asked);
  expect(open().isGiven()).toBe(true);
  const respectful = open({ respectDoNotTrack: true });
  respectful.give();
  expect([respectful.isGiven(), localStorage.length]).toEqual([false, 0]);
});
