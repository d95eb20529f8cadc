// What a document looks like in the end, as data that can be compared: evaluated in the page, and in its replay.
([doc, base]) => {
  const UNSEEN = new Set(["script", "noscript", "link", "style", "meta", "base", "head", "template", "title"]);
  const ADDRESSES = new Set(["href", "src", "action", "poster", "data"]);
  // Told as properties (value, checked, selected), or never recorded.
  const UNTOLD = /^(value|checked|selected|autocomplete|on.*|nonce|integrity|autoplay|autofocus|srcset|srcdoc|rr_.*|_.*|style|class|id_)$/;
  const MASKED = "[data-tf-mask], [contenteditable]:not([contenteditable=false])";
  const FIELDS = new Set(["input", "textarea", "select"]);

  const rules = (sheets) => [...(sheets ?? [])].map((sheet) => [...sheet.cssRules].map(({ cssText }) => cssText));

  const absolute = (address) => (URL.canParse(address, base) ? new URL(address, base).href : address);

  const attributesOf = (element) => {
    const told = {};
    for (const { name, value } of element.attributes) {
      if (UNTOLD.test(name) || (name === "src" && element.localName === "iframe")) continue;
      told[name] = ADDRESSES.has(name) && value && !value.startsWith("data:") ? absolute(value) : value;
    }
    const classes = [...element.classList].filter((name) => name !== ":hover" && !name.startsWith("rrweb-"));
    if (classes.length) told.class = classes.join(" ");
    if (element.style?.cssText) told.style = element.style.cssText;
    return told;
  };

  const childrenOf = (parent) => {
    const told = [];
    let text = "";
    const flush = () => {
      const words = text.replace(/\s+/g, " ").trim();
      if (words) told.push({ text: words });
      text = "";
    };
    for (const node of parent.childNodes) {
      if (node.nodeType === 3) text += node.data;
      if (node.nodeType !== 1 || UNSEEN.has(node.localName)) continue;
      flush();
      told.push(tell(node));
    }
    flush();
    return told;
  };

  const tell = (element) => {
    const view = element.ownerDocument.defaultView;
    const told = { tag: element.localName, attributes: attributesOf(element) };
    if (element.matches("[data-tf-block]")) return { ...told, blocked: true };
    if (element.closest(MASKED)) told.masked = true;
    if (FIELDS.has(element.localName)) {
      told.kind = element.type;
      told.value = element.value;
      told.checked = Boolean(element.checked);
      told.ignored = Boolean(element.closest("[data-tf-ignore]"));
    }
    const { display, visibility, opacity } = view.getComputedStyle(element);
    told.looks = [display, visibility, Number(opacity).toFixed(2)].join(" ");
    if (element.scrollTop || element.scrollLeft) told.scroll = [element.scrollLeft, element.scrollTop];
    if (element.localName === "video" || element.localName === "audio") told.paused = element.paused;
    if (element.shadowRoot) {
      told.shadow = childrenOf(element.shadowRoot);
      told.sheets = rules(element.shadowRoot.adoptedStyleSheets);
    }
    if (element.localName === "iframe" && element.contentDocument?.documentElement)
      told.frame = tell(element.contentDocument.documentElement);
    told.children = element.localName === "textarea" ? [] : childrenOf(element);
    return told;
  };

  return { ...tell(doc.documentElement), sheets: rules(doc.adoptedStyleSheets) };
}
