import { euros, lampDrawing, productById } from "./products.js";
import { byId, identify, readBasket, track, writeBasket } from "./shop.js";

const lines = readBasket();
const total = lines.reduce((sum, line) => sum + productById(line.id).price * line.quantity, 0);
let isPaying = false;

const summaryLine = ({ id, quantity }) => {
  const product = productById(id);
  return `<li class="line line-small">${lampDrawing(product)}
    <div><strong>${product.name}</strong><span class="muted">${quantity} × ${euros(product.price)}</span></div>
    <span class="price">${euros(product.price * quantity)}</span></li>`;
};

const contact = () => ({ email: byId("email").value, phone: byId("phone").value });

// What a careless shop does with what was typed: page text, a link's query, the console, analytics.
function echoEmail() {
  const { email } = contact();
  byId("confirmation").textContent = `Confirmation goes to ${email}`;
  byId("save").href = `cart.html?basket=saved&email=${encodeURIComponent(email)}`;
  byId("save").hidden = false;
  identify("visitor-20417", { email });
}

function echoPhone() {
  byId("phone-hint").textContent = `We text the delivery window to ${contact().phone}.`;
}

function echoIban() {
  byId("iban-hint").textContent = `Refunds go to ${byId("iban").value}.`;
}

function pay() {
  if (isPaying) return; // a second press must not charge twice
  isPaying = true;
  console.log("[checkout] charging", JSON.stringify({ ...contact(), card: byId("card").value, total }));
  track("payment_submitted", { method: "card", total, email: contact().email });
  // The wallet's script is blocked here, so this throws, and isPaying stays true: the button is dead from now on.
  window.tindWallet.charge({ total, currency: "EUR" });
}

function payByInvoice() {
  console.info("[checkout] invoice for", contact().email);
  track("order_placed", { method: "invoice", total, email: contact().email });
  writeBasket([]);
  byId("thanks-email").textContent = contact().email;
  byId("checkout").hidden = true;
  byId("thanks").hidden = false;
}

byId("summary").innerHTML = lines.map(summaryLine).join("");
byId("total").textContent = euros(total);
byId("pay").textContent = `Pay ${euros(total)}`;
byId("email").addEventListener("change", echoEmail);
byId("phone").addEventListener("change", echoPhone);
byId("iban").addEventListener("change", echoIban);
byId("pay").addEventListener("click", pay);
byId("invoice").addEventListener("click", payByInvoice);
for (const input of document.querySelectorAll(".field input")) {
  input.addEventListener("focus", () => input.parentElement.classList.add("is-active"));
  input.addEventListener("click", () => input.parentElement.classList.add("is-touched"));
  input.addEventListener("blur", () => input.parentElement.classList.remove("is-active"));
}
track("checkout_started", { total, lines: lines.length });
