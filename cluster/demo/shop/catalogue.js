import { PRODUCTS, euros, lampDrawing } from "./products.js";
import { byId, track } from "./shop.js";

const card = (product) => `
  <a class="card" href="product.html?id=${product.id}" data-room="${product.room}">
    ${lampDrawing(product)}
    <span class="card-name">${product.name}</span>
    <span class="card-kind">${product.kind}</span>
    <span class="card-foot"><span class="price">${euros(product.price)}</span>
      <span class="stars">★ ${product.rating} <small>(${product.reviews})</small></span></span>
  </a>`;

function showRoom(room) {
  for (const chip of document.querySelectorAll(".chip")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.room === room));
  }
  const shown = [...document.querySelectorAll(".card")].filter((element) => {
    element.hidden = room !== "all" && element.dataset.room !== room;
    return !element.hidden;
  });
  byId("shown").textContent = `${shown.length} lamps`;
  track("room_filtered", { room, shown: shown.length });
}

byId("products").innerHTML = PRODUCTS.map(card).join("");
byId("rooms").addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (chip) showRoom(chip.dataset.room);
});
