// Addresses without what makes them one person's: pure.

// Numbers, UUIDs and other hexadecimal names, mail addresses, and long names with digits in them.
const VARIABLE = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{20,}|(?=.*\d)[0-9a-f]{12,}|.*(?:@|%40).*|(?=.*\d)[\w~.-]{20,})$/i;

/** `https://shop.example/orders/1234?token=x` → `https://shop.example/orders/:id?token`. */
export function urlTemplate(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return address.split(/[?#]/)[0] ?? "";
  }
  if (url.origin === "null") return `${url.protocol}…`;
  const path = url.pathname
    .split("/")
    .map((part) => (VARIABLE.test(part) ? ":id" : part))
    .join("/");
  const names = [...new Set(url.searchParams.keys())].map(encodeURIComponent);
  return url.origin + path + (names.length > 0 ? `?${names.join("&")}` : "");
}

/**
 * The rule for addresses: path and names of parameters stay; their values become stars, and so does a fragment
 * that is no route (`#/…`, `#!/…`). Values of the parameters named in `keepQuery` stay.
 */
export function addressScrubber(keepQuery: readonly string[]): (address: string) => string {
  const kept = new Set(keepQuery);

  const scrubPair = (pair: string): string => {
    if (pair === "") return pair;
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(pair) ?? [];
    if (kept.has(decoded(name))) return pair;
    // Without a name, or with a name like a value, it may be what was typed.
    if (value === undefined) return "*";
    const said = VARIABLE.test(name) ? "*" : name;
    return value === "" ? `${said}=` : `${said}=*`;
  };
  const scrubQuery = (query: string): string => query.split("&").map(scrubPair).join("&");

  const scrubFragment = (fragment: string): string => {
    if (!/^!?\//.test(fragment)) return fragment === "" ? "" : "*";
    const [, route = "", query] = /^([^?]*)(?:\?(.*))?$/s.exec(fragment) ?? [];
    return query === undefined ? route : `${route}?${scrubQuery(query)}`;
  };

  return (address) => {
    const scheme = /^(?:data|blob|javascript):/i.exec(address);
    if (scheme) return `${scheme[0]}…`;
    const [, place = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(address) ?? [];
    return (
      place.replace(/^([\w+.-]*:?\/\/)[^/@]*@/, "$1") +
      (query === undefined ? "" : `?${scrubQuery(query)}`) +
      (fragment === undefined ? "" : `#${scrubFragment(fragment)}`)
    );
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replace(/\+/g, " "));
  } catch {
    return name;
  }
}
