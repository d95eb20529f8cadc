import { euros, lampDrawing, productById } from "./products.js";
import { byId, readBasket, track, writeBasket } from "./shop.js";

const row = ({ id, quantity }) => {
  const product = productById(id);
  return `<li class="line" data-id="${id}">
    ${lampDrawing(product)}
    <div><strong>${product.name}</strong><span class="muted">${product.kind}</span></div>
    <div class="stepper">
      <button type="button" data-step="-1" aria-label="One less">−</button>
      <output>${quantity}</output>
      <button type="button" data-step="1" aria-label="One more">+</button>
    </div>
    <span class="price">${euros(product.price * quantity)}</span>
  </li>`;
};

function show() {
  const lines = readBasket();
  const total = lines.reduce((sum, line) => sum + productById(line.id).price * line.quantity, 0);
  byId("lines").innerHTML = lines.map(row).join("");
  byId("subtotal").textContent = euros(total);
  byId("total").textContent = euros(total);
  byId("empty").hidden = lines.length > 0;
  byId("basket").hidden = lines.length === 0;
}

byId("lines").addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (!button) return;
  const id = button.closest(".line").dataset.id;
  const changed = readBasket().map((line) =>
    line.id === id ? { ...line, quantity: line.quantity + Number(button.dataset.step) } : line);
  writeBasket(changed.filter((line) => line.quantity > 0));
  show();
  track("basket_changed", { product: id });
});

show();
