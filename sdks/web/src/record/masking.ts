// What never leaves the page: inputs, marked elements, and what rrweb's own masking lets through.

const STARS = /\S/g;
const MASK = "[data-tf-mask]";
const BLOCK = "[data-tf-block]";
const IGNORE = "[data-tf-ignore]";
// Typed text that is no input to rrweb.
const EDITABLE = '[contenteditable]:not([contenteditable="false"]),[role="textbox"],[role="searchbox"]';
// Labels that a page writes, not its visitor.
const LABELLED = /^(?:button|submit|reset|image)$/;
// Attributes that people read or scripts fill with values.
const TELLING =
  /^(?:title|alt|placeholder|label|value|srcdoc|content|download|summary|aria-(?:label|description|placeholder|valuetext|valuenow|roledescription)|data-(?!tf-).*)$/;

/** What to hide. */
export interface Masking {
  readonly maskAllInputs: boolean;
  readonly maskAllText: boolean;
  readonly maskSelector: string | undefined;
  readonly blockSelector: string | undefined;
  readonly ignoreSelector: string | undefined;
}

/** The rules as the recorder applies them. */
export interface MaskRules {
  readonly maskTextSelector: string;
  readonly blockSelector: string;
  readonly ignoreSelector: string;
  maskInput(text: string, element: Element | null): string;
  /** Whether the text of the node is hidden; looks through shadow roots. */
  isMasked(node: Node | null): boolean;
  isBlocked(element: Element): boolean;
  /** Hide in the event what rrweb left readable; changes it in place: it is ours alone. */
  finish(event: RecordedEvent, nodeOf: (id: number) => Node | null): void;
}

/** The parts of rrweb's events that carry text. */
export interface RecordedEvent {
  readonly type: number;
  readonly data: {
    readonly source?: number;
    readonly node?: SerializedNode;
    readonly adds?: readonly { readonly node: SerializedNode }[];
    readonly texts?: readonly { readonly id: number; value: string | null }[];
    readonly attributes?: readonly { readonly id: number; readonly attributes: Record<string, unknown> }[];
    readonly id?: number;
    text?: string;
    href?: string;
  };
}

interface SerializedNode {
  readonly id: number;
  readonly type: number;
  readonly tagName?: string;
  readonly attributes?: Record<string, unknown>;
  readonly childNodes?: readonly SerializedNode[];
  textContent?: string;
}

export function stars(text: string): string {
  return text.replace(STARS, "*");
}

/** `closest` that does not end at a shadow root. */
function closestThrough(node: Node | null, selector: string): Element | null {
  let at: Node | null = node;
  while (at) {
    const element: Element | null = at.nodeType === 1 ? (at as Element) : at.parentElement;
    const found = element?.closest(selector);
    if (found) return found;
    at = (at.getRootNode() as Partial<ShadowRoot>).host ?? null;
  }
  return null;
}

const joined = (...selectors: (string | undefined)[]): string => selectors.filter(Boolean).join(",");

export function maskRules(masking: Masking): MaskRules {
  const { maskAllInputs, maskAllText } = masking;
  const marked = joined(MASK, masking.maskSelector);
  const maskTextSelector = maskAllText ? "*" : joined(marked, maskAllInputs ? EDITABLE : undefined);
  const blockSelector = joined(BLOCK, masking.blockSelector);
  const isMasked = (node: Node | null): boolean => maskAllText || closestThrough(node, maskTextSelector) !== null;

  const maskInput = (text: string, element: Element | null): string => {
    const input = element as HTMLInputElement | null;
    const isPassword = input?.type === "password" || input?.hasAttribute("data-rr-is-password");
    const isHidden = isPassword || (maskAllInputs && !LABELLED.test(input?.type ?? "")) || isMasked(element);
    return isHidden ? "*".repeat(text.length) : text;
  };

  const finishAttributes = (attributes: Record<string, unknown>, element: Element | null, masked: boolean): void => {
    const choice = /^(?:checkbox|radio)$/.test((element as HTMLInputElement | null)?.type ?? "");
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (typeof value !== "string") continue;
      const isHidden = masked ? TELLING.test(name) : name === "value" && choice && maskAllInputs;
      if (isHidden) attributes[name] = stars(value);
    }
  };

  const finishTree = (node: SerializedNode, nodeOf: (id: number) => Node | null, masked: boolean): void => {
    let isHidden = masked;
    if (node.attributes) {
      const element = nodeOf(node.id) as Element | null;
      isHidden ||= element?.nodeType === 1 && element.matches(maskTextSelector);
      finishAttributes(node.attributes, element, isHidden);
    } else if (isHidden && node.type === 3 && node.textContent) node.textContent = stars(node.textContent);
    for (const child of node.childNodes ?? []) finishTree(child, nodeOf, isHidden);
  };

  // Other sources have `adds` of another shape: rules of a style sheet, for one.
  const finishMutation = (data: RecordedEvent["data"], nodeOf: (id: number) => Node | null): void => {
    for (const { node } of data.adds ?? []) finishTree(node, nodeOf, isMasked(nodeOf(node.id)));
    for (const text of data.texts ?? []) {
      if (text.value && isMasked(nodeOf(text.id))) text.value = stars(text.value);
    }
    for (const { id, attributes } of data.attributes ?? []) {
      const element = nodeOf(id) as Element | null;
      finishAttributes(attributes, element, isMasked(element));
    }
  };

  return {
    maskTextSelector,
    blockSelector,
    ignoreSelector: joined(IGNORE, masking.ignoreSelector),
    maskInput,
    isMasked,
    isBlocked: (element) => closestThrough(element, blockSelector) !== null,
    finish: ({ type, data }, nodeOf) => {
      if (type === 2 && data.node) finishTree(data.node, nodeOf, maskAllText);
      if (type !== 3) return;
      if (data.source === 0) finishMutation(data, nodeOf);
      if (data.source === 5 && data.text && maskAllInputs) {
        const element = nodeOf(data.id ?? -1) as HTMLInputElement | null;
        if (element?.type === "radio" || element?.type === "checkbox") data.text = stars(data.text);
      }
    },
  };
}
