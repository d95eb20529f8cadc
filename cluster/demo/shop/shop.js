// What every page shares: the basket, its count in the header, and the bar that shows a page is on its way.

const BASKET = "tind.basket";

export const readBasket = () => JSON.parse(sessionStorage.getItem(BASKET) ?? "[]");

export function writeBasket(lines) {
  sessionStorage.setItem(BASKET, JSON.stringify(lines));
  showCount();
}

// The recorder's SDK is optional: the shop works without it.
export const track = (name, properties) => window.traceflow?.track(name, properties);
export const identify = (visitorId, traits) => window.traceflow?.identify(visitorId, traits);

export const byId = (id) => document.getElementById(id);

function showCount() {
  const count = readBasket().reduce((sum, line) => sum + line.quantity, 0);
  byId("basket-count").textContent = String(count);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("a[href]")) document.documentElement.classList.add("is-leaving");
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.documentElement.classList.remove("is-leaving");
});

showCount();
