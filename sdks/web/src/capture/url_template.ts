// An address without what makes it one person's: pure.

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
