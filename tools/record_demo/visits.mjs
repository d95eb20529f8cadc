// The two visits: what each visitor does, in order.

import { SHOP } from "./browser.mjs";

// Longest window in which any known profile still calls a click dead (Sentry's 7 s), and a little more.
const DEAD_SILENCE_MS = 7800;

/** A visitor who meets an offer that is a picture, a button without a panel, and a payment that throws. */
export async function struggle(hand, { name, email, phone, card, expiry, cvc, iban }) {
  const { page } = hand;
  await page.goto(SHOP);
  await hand.wait(1200);
  await hand.moveTo(520, 330);
  await hand.scroll(480);
  await hand.wait(700);
  await hand.follow('.card[href$="id=fjord"]', "/product.html");
  await hand.wait(1400);

  await hand.click("#offer");
  await hand.wait(DEAD_SILENCE_MS);
  await hand.click("#size-guide");
  await hand.wait(DEAD_SILENCE_MS);

  await hand.click("#add");
  await hand.wait(1500);
  await hand.follow("#view-basket", "/cart.html");
  await hand.wait(1500);
  await hand.follow("#to-checkout", "/checkout.html");
  await hand.wait(900);
  const typed = { name, email, phone, card, expiry, cvc, iban };
  for (const [field, text] of Object.entries(typed)) await hand.fill(`#${field}`, text);

  await hand.click("#pay");
  await hand.wait(2300);
  await hand.rage(6);
  await hand.wait(700);
  await hand.thrash(28);
  await hand.wait(DEAD_SILENCE_MS);
  await hand.follow("#home", "/");
  await hand.moveTo(760, 300);
  await hand.wait(1200);
}

/** A visitor for whom the shop works: every click is answered at once. */
export async function calm(hand, { name, email, phone, iban }) {
  const { page } = hand;
  await page.goto(SHOP);
  await hand.wait(1500);
  await hand.scroll(240);
  await hand.wait(600);
  await hand.click('.chip[data-room="living"]');
  await hand.wait(3200);
  await hand.follow('.card[href$="id=varde"]', "/product.html");
  await hand.wait(2500);
  await hand.click("#add");
  await hand.wait(2600);
  await hand.follow("#view-basket", "/cart.html");
  await hand.wait(2200);
  await hand.follow("#to-checkout", "/checkout.html");
  await hand.wait(2000);

  // One click, then the keyboard: the fields between are passed with Tab.
  await hand.fill("#name", name);
  for (const text of [email, phone, "", "", "", iban]) {
    await page.keyboard.press("Tab");
    await hand.wait(220);
    await hand.type(text);
  }
  await page.keyboard.press("Tab");
  await hand.wait(1600);
  await hand.click("#invoice");
  await hand.wait(3200);
  await hand.moveTo(640, 380);
  await hand.wait(4500);
}
