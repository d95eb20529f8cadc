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
  /^(?:title|alt|placeholder|label|value|content|download|summary|aria-(?:label|description|placeholder|valuetext|valuenow|roledescription)|data-(?!tf-).*)$/;
const FIELD = /^(?:INPUT|TEXTAREA|SELECT|OPTION)$/;
// What a field's own attributes may repeat of it; and what scripts write while somebody types.
const OF_FIELD = /^(?:title|aria-(?:label|description|placeholder|valuetext|valuenow|roledescription)|data-(?!tf-).*)$/;
const WRITTEN = /^(?:aria-value.*|data-(?!tf-).*)$/;
// Styles hang on these words, and nobody types only them.
const STATE =
  /^(?:|true|false|open|opening|opened|closed|closing|visible|hidden|active|inactive|expanded|collapsed|enter|entering|entered|leave|exit|exited|loading|loaded|idle|light|dark|top|bottom|left|right|start|end|center|horizontal|vertical)$/;
const CHOICE = /^(?:checkbox|radio)$/;
// Shorter ones stand in too many attributes by chance; of more there is no page that people fill in.
const SHORTEST_MIRRORED = 3;
const MOST_MIRRORED = 200;

/** What to hide. */
export interface Masking {
  readonly maskAllInputs: boolean;
  readonly maskAllText: boolean;
  readonly keepChoices: boolean;
  readonly scrubUrl: (url: string) => string;
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
  /** Whether the text of the node is hidden; looks through shadow roots and frames. */
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
    isChecked?: boolean;
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

/** Whether the node or what holds it fits; does not end at a shadow root or at the document of a frame. */
function isWithin(node: Node | null, selector: string, fits: (root: Node) => boolean = () => false): boolean {
  let at: Node | null = node;
  while (at) {
    const element: Element | null = at.nodeType === 1 ? (at as Element) : at.parentElement;
    if (element?.closest(selector)) return true;
    const root: Node = at.getRootNode();
    if (fits(root)) return true;
    at = (root as Partial<ShadowRoot>).host ?? (root as Partial<Document>).defaultView?.frameElement ?? null;
  }
  return false;
}

/** What stands in the page's fields right now. */
function typedIn(page: Document): string[] {
  const typed: string[] = [];
  for (const field of page.querySelectorAll<HTMLInputElement>("input,textarea")) {
    if (CHOICE.test(field.type) || LABELLED.test(field.type)) continue;
    if (field.value.trim().length >= SHORTEST_MIRRORED) typed.push(field.value.trim());
    if (typed.length >= MOST_MIRRORED) break;
  }
  return typed;
}

const joined = (...selectors: (string | undefined)[]): string => selectors.filter(Boolean).join(",");

export function maskRules(masking: Masking): MaskRules {
  const { maskAllInputs, maskAllText, keepChoices, scrubUrl } = masking;
  const marked = joined(MASK, masking.maskSelector);
  const maskTextSelector = maskAllText ? "*" : joined(marked, maskAllInputs ? EDITABLE : undefined);
  const blockSelector = joined(BLOCK, masking.blockSelector);
  const isTypedInto = (root: Node): boolean => maskAllInputs && (root as Partial<Document>).designMode === "on";
  const isMasked = (node: Node | null): boolean => maskAllText || isWithin(node, maskTextSelector, isTypedInto);
  // Names of attributes in which scripts have written: a later snapshot shall not tell what the change did not.
  const written = new Set<string>();
  // Read once per event, and only where it is asked for.
  let typed: string[] | null = null;

  const hidesField = (input: HTMLInputElement): boolean =>
    input.type === "password" ||
    input.hasAttribute("data-rr-is-password") ||
    (maskAllInputs && !LABELLED.test(input.type ?? ""));

  const maskInput = (text: string, element: Element | null): string => {
    const isHidden = element
      ? hidesField(element as HTMLInputElement) || isMasked(element)
      : maskAllInputs || maskAllText;
    return isHidden ? "*".repeat(text.length) : text;
  };

  /** Whether the attribute, of an element that is not masked, may repeat what somebody typed. */
  const repeats = (name: string, value: string, isChange: boolean): boolean => {
    if (isChange && WRITTEN.test(name) && !STATE.test(value)) written.add(name);
    if (written.has(name)) return !STATE.test(value);
    if (value.length < SHORTEST_MIRRORED || !TELLING.test(name) || name === "value") return false;
    typed ??= typedIn(document);
    return typed.some((text) => value.includes(text));
  };

  const finishAttributes = (
    attributes: Record<string, unknown>,
    element: Element | null,
    masked: boolean,
    isChange: boolean,
  ): void => {
    const tag = element?.tagName ?? "";
    const hidden = FIELD.test(tag) && hidesField(element as HTMLInputElement);
    // The document in it is recorded itself, and masked.
    delete attributes.srcdoc;
    if (hidden || masked) {
      delete attributes.selected;
      if (!keepChoices) delete attributes.checked;
    }
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (typeof value !== "string") continue;
      const isHidden =
        (masked && TELLING.test(name)) ||
        (hidden && ((name === "value" && tag !== "OPTION") || (OF_FIELD.test(name) && !STATE.test(value)))) ||
        (maskAllInputs && repeats(name, value, isChange));
      if (isHidden) attributes[name] = stars(value);
      // A link to `#` carries the address of its page.
      else if ((name === "rr_src" || (name === "href" && /^A(?:REA)?$/i.test(tag))) && value.includes("?")) {
        attributes[name] = scrubLink(value);
      }
    }
  };

  /** A link's fragment names a place in a page that was written, not typed. */
  const scrubLink = (href: string): string => {
    const [address = "", ...fragment] = href.split("#");
    return fragment.length > 0 && !/^!?\//.test(fragment[0] ?? "")
      ? [scrubUrl(address), ...fragment].join("#")
      : scrubUrl(href);
  };

  const finishTree = (node: SerializedNode, nodeOf: (id: number) => Node | null, masked: boolean): void => {
    let isHidden = masked;
    if (node.attributes) {
      const element = nodeOf(node.id) as Element | null;
      isHidden ||= element?.nodeType === 1 && element.matches(maskTextSelector);
      finishAttributes(node.attributes, element, isHidden, false);
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
      finishAttributes(attributes, element, isMasked(element), true);
    }
  };

  return {
    maskTextSelector,
    blockSelector,
    ignoreSelector: joined(IGNORE, masking.ignoreSelector),
    maskInput,
    isMasked,
    isBlocked: (element) => isWithin(element, blockSelector),
    finish: ({ type, data }, nodeOf) => {
      typed = null;
      if (type === 2 && data.node) finishTree(data.node, nodeOf, isMasked(nodeOf(data.node.id)));
      if (type !== 3) return;
      if (data.source === 0) finishMutation(data, nodeOf);
      if (data.source === 5) {
        const element = nodeOf(data.id ?? -1) as HTMLInputElement | null;
        if (!CHOICE.test(element?.type ?? "") || !(maskAllInputs || isMasked(element))) return;
        if (data.text) data.text = stars(data.text);
        if (!keepChoices) delete data.isChecked;
      }
    },
  };
}
