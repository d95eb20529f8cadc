// Before a page's own scripts: what Chromium says of its loading, and when something is first to be seen.
(() => {
  const seen = { fcp: 0, lcp: 0, cls: 0, long: [], found: {} };
  window.__bench = seen;
  const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("paint", ({ name, startTime }) => { if (name === "first-contentful-paint") seen.fcp = startTime; });
  watch("largest-contentful-paint", ({ startTime }) => { seen.lcp = startTime; });
  watch("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) seen.cls += value; });
  watch("longtask", ({ startTime, duration }) => seen.long.push([startTime, duration]));

  const CONDITIONS = {
    rows: () => document.querySelectorAll("tbody tr a").length > 0,
    frame: () => [...document.querySelectorAll("main iframe")].some((frame) => frame.contentDocument?.body?.childElementCount > 0),
  };
  const look = () => {
    for (const [name, holds] of Object.entries(CONDITIONS)) {
      // Painted with the frame after this one.
      if (!(name in seen.found) && holds()) requestAnimationFrame(() => { seen.found[name] ??= performance.now(); });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
