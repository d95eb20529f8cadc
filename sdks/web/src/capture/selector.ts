// A selector for an element that means the same tomorrow.

const MADE = ["data-testid", "data-test", "data-cy", "data-qa"];
const DEEPEST = 5;
const LONGEST = 300;

/** Names that tools generate change with each build: digits in them, long hashes, or an odd mix of cases. */
export function isLasting(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 40 &&
    !/\d{3,}|[:@]|^\d|(?:^|[_-])(?=[a-z]*\d)[a-z0-9]{5,}$/i.test(name) &&
    !/^(?:css|sc|jss|svelte|emotion|ember|radix|react|mui)-/i.test(name) &&
    !/__[\w-]{5,}$|^[a-z]{1,3}[A-Z][A-Za-z]{0,4}$/.test(name)
  );
}

const quoted = (value: string): string => `"${value.replace(/["\\]/g, "\\$&")}"`;

function ownName(element: Element): { readonly text: string; readonly isUnique: boolean } {
  const tag = element.tagName.toLowerCase();
  for (const attribute of MADE) {
    const value = element.getAttribute(attribute);
    if (value) return { text: `${tag}[${attribute}=${quoted(value)}]`, isUnique: true };
  }
  if (isLasting(element.id)) return { text: `#${CSS.escape(element.id)}`, isUnique: true };
  const name = element.getAttribute("name");
  if (name && isLasting(name)) {
    const text = `${tag}[name=${quoted(name)}]`;
    return { text, isUnique: document.querySelectorAll(text).length === 1 };
  }
  const classes = [...element.classList].filter(isLasting).slice(0, 2);
  return { text: tag + classes.map((one) => `.${CSS.escape(one)}`).join(""), isUnique: false };
}

function withPlace(element: Element, text: string): string {
  const parent = element.parentElement;
  if (!parent) return text;
  const likes = [...parent.children].filter((child) => child.tagName === element.tagName);
  return likes.length > 1 ? `${text}:nth-of-type(${likes.indexOf(element) + 1})` : text;
}

/** From the nearest element with a name of its own, at most five steps up. */
export function selectorOf(element: Element): string {
  const parts: string[] = [];
  let at: Element | null = element;
  while (at && parts.length < DEEPEST && at !== document.documentElement) {
    const { text, isUnique } = ownName(at);
    parts.unshift(isUnique ? text : withPlace(at, text));
    if (isUnique || at === document.body) break;
    at = at.parentElement;
  }
  return (parts.join(" > ") || element.tagName.toLowerCase()).slice(0, LONGEST);
}
