// What is known of the page, the browser and the device, told once per window.

/** Payload of the custom event `page_facts`. */
export interface PageFacts {
  readonly release: string | null;
  readonly environment: string | null;
  readonly user_agent: string;
  readonly language: string;
  readonly timezone: string | null;
  readonly screen: { readonly width: number; readonly height: number; readonly pixel_ratio: number };
  readonly viewport: { readonly width: number; readonly height: number };
  readonly referrer: string;
  readonly device: "desktop" | "tablet" | "mobile";
  readonly browser: Version;
  readonly os: Version;
}

interface Version {
  readonly name: string;
  readonly version: string;
}

// Of four numbers it would look like an address to whoever searches for those.
const LONG_VERSION = /(\d+\.\d+)(?:\.\d+)+/g;

// In this order: Edge, Opera and Samsung's name Chrome too, and Chrome names Safari.
const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ["Edge", /Edg(?:e|A|iOS)?\/([\d.]+)/],
  ["Opera", /OPR\/([\d.]+)/],
  ["Samsung Internet", /SamsungBrowser\/([\d.]+)/],
  ["Firefox", /(?:Firefox|FxiOS)\/([\d.]+)/],
  ["Chrome", /(?:Chrome|CriOS|HeadlessChrome)\/([\d.]+)/],
  ["Safari", /Version\/([\d.]+).*Safari/],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ["Windows", /Windows NT ([\d.]+)/],
  ["iOS", /(?:iPhone|iPad).*? OS ([\d_]+)/],
  ["Android", /Android ([\d.]+)/],
  ["ChromeOS", /CrOS \S+ ([\d.]+)/],
  ["macOS", /Mac OS X ([\d_.]+)/],
  ["Linux", /(Linux)/],
];

function firstOf(known: readonly (readonly [string, RegExp])[], userAgent: string): Version {
  for (const [name, pattern] of known) {
    const found = pattern.exec(userAgent);
    if (!found) continue;
    const version = (found[1] ?? "").replace(/_/g, ".").replace(/[^\d.]/g, "");
    return { name, version: version.replace(LONG_VERSION, "$1") };
  }
  return { name: "unknown", version: "" };
}

/** Names from a user agent's line; `touches` tells an iPad, which says that it is a Mac. */
export function readUserAgent(userAgent: string, touches: number): Pick<PageFacts, "browser" | "os" | "device"> {
  const isPadAsMac = /Macintosh/.test(userAgent) && touches > 1;
  const isTablet = isPadAsMac || /iPad|Tablet|Android(?!.*Mobile)/.test(userAgent);
  const isMobile = /Mobi|iPhone|Android/.test(userAgent);
  return {
    browser: firstOf(BROWSERS, userAgent),
    os: isPadAsMac ? { name: "iOS", version: "" } : firstOf(SYSTEMS, userAgent),
    device: isTablet ? "tablet" : isMobile ? "mobile" : "desktop",
  };
}

export function pageFacts(
  site: { readonly release: string | null; readonly environment: string | null },
  scrubUrl: (url: string) => string,
): PageFacts {
  return {
    release: site.release,
    environment: site.environment,
    user_agent: navigator.userAgent.replace(LONG_VERSION, "$1"),
    language: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? null,
    screen: { width: screen.width, height: screen.height, pixel_ratio: devicePixelRatio },
    viewport: { width: innerWidth, height: innerHeight },
    referrer: document.referrer && scrubUrl(document.referrer),
    ...readUserAgent(navigator.userAgent, navigator.maxTouchPoints ?? 0),
  };
}
