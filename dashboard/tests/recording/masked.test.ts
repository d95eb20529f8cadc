import { expect, test } from "vitest";
import { hasMasked, piecesOf, shortToken } from "../../src/recording/masked";

const TOKEN = "[EMAIL:DHBVBF5EBAPLEMV5]";

test("a token stands apart from the text around it", () => {
  expect(piecesOf(`to ${TOKEN}.`)).toEqual([
    { text: "to ", is_masked: false },
    { text: TOKEN, is_masked: true },
    { text: ".", is_masked: false },
  ]);
});

test("mask characters are masked, a footnote's stars are not", () => {
  expect(hasMasked("*****")).toBe(true);
  expect(hasMasked("Price** incl. tax*")).toBe(false);
});

test("brackets of the page's own are no token", () => {
  expect(hasMasked("[NEW] [email:abc] [EMAIL:SHORT]")).toBe(false);
});

test("two lookups in a row find the same", () => {
  expect([hasMasked(TOKEN), hasMasked(TOKEN)]).toEqual([true, true]);
});

test("a shortened token still tells two values apart", () => {
  expect(shortToken(TOKEN)).toBe("EMAIL·DHBV");
  expect(shortToken("***")).toBe("***");
});
