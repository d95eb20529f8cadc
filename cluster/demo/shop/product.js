import { PRODUCTS, euros, lampDrawing, productById } from "./products.js";
import { byId, readBasket, track, writeBasket } from "./shop.js";

const product = productById(new URLSearchParams(location.search).get("id"));

function addToBasket() {
  const lines = readBasket();
  const line = lines.find((one) => one.id === product.id);
  if (line) line.quantity += 1;
  else lines.push({ id: product.id, quantity: 1 });
  writeBasket(lines);
  byId("add").textContent = "Added to your basket";
  byId("added").hidden = false;
  track("basket_added", { product: product.id, price: product.price });
}

const related = (other) => `
  <a class="card card-small" href="product.html?id=${other.id}">${lampDrawing(other)}
    <span class="card-name">${other.name}</span><span class="card-kind">${other.kind}</span></a>`;

document.title = `${product.name} · Tind`;
byId("drawing").innerHTML = lampDrawing(product);
byId("kind").textContent = product.kind;
byId("name").textContent = product.name;
byId("price").textContent = euros(product.price);
byId("rating").textContent = `★ ${product.rating} · ${product.reviews} reviews`;
byId("related").innerHTML = PRODUCTS.filter((one) => one.room === product.room && one !== product)
  .slice(0, 3).map(related).join("");
// "Size guide" has lost its panel in a redesign: the button is still there, and nothing listens to it.
byId("add").addEventListener("click", addToBasket);
track("product_viewed", { product: product.id });
