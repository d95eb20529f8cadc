import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const MANTINE = join(import.meta.dirname, "../../node_modules/@mantine/core");
const SOURCES = join(import.meta.dirname, "../../src");

const imported = [
  ...readFileSync(join(SOURCES, "app/mantine.ts"), "utf8").matchAll(/styles\/([\w-]+)\.css/g),
].map((found) => found[1] ?? "");
const rulesOf = (name: string) => readFileSync(join(MANTINE, `styles/${name}.css`), "utf8").trim();

function usedComponents(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  const used = files
    .filter((file) => file.endsWith(".tsx"))
    .flatMap((file) => [
      ...readFileSync(join(SOURCES, file), "utf8").matchAll(/import \{([^}]*)\} from "@mantine\/core"/g),
    ])
    .flatMap((found) => (found[1] ?? "").split(",").map((name) => name.trim()));
  return [...new Set(used)].filter((name) => existsSync(join(MANTINE, `styles/${name}.css`)));
}

test("every component of Mantine's that is used has its styles", () => {
  expect(usedComponents().filter((name) => !imported.includes(name))).toEqual([]);
});

test("what those components are made of has its styles, too", () => {
  const parts = [
    "ScrollArea",
    "Paper",
    "Overlay",
    "CloseButton",
    "ModalBase",
    "Input",
    "InlineInput",
    "Combobox",
  ];

  expect(
    [...parts, "FloatingIndicator", "VisuallyHidden"].filter((name) => !imported.includes(name)),
  ).toEqual([]);
});

test("the styles come in Mantine's own order", () => {
  const whole = readFileSync(join(MANTINE, "styles.css"), "utf8");
  const places = imported.map((name) => {
    const first = rulesOf(name).match(/\.m_[0-9a-f]+/)?.[0];
    // A class name has eight digits, so that none is the beginning of another.
    return whole.indexOf(first ?? rulesOf(name).slice(0, 40));
  });

  expect(places).toEqual([...places].sort((a, b) => a - b));
});
