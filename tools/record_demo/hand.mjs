// A visitor's hand: moves, presses and types at a person's pace, with chance from a seed.

import { setTimeout as sleep } from "node:timers/promises";

/** mulberry32: small, seeded, good enough for jitter. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Hand {
  constructor(page, random) {
    this.page = page;
    this.random = random;
    this.x = 640;
    this.y = 420;
  }

  wait(milliseconds) {
    return sleep(milliseconds);
  }

  /** Run `step(i)` at even distances from one start, so that delays do not add up. */
  async paced(count, every, step) {
    const start = performance.now();
    for (let i = 0; i < count; i += 1) {
      await step(i);
      await sleep(Math.max(0, start + (i + 1) * every - performance.now()));
    }
  }

  /** Glide in a slight curve; no axis changes direction more than once. */
  async moveTo(x, y) {
    const [fromX, fromY] = [this.x, this.y];
    const bend = (this.random() - 0.5) * 24;
    await this.paced(11, 36, async (i) => {
      const t = (i + 1) / 11;
      const eased = t * t * (3 - 2 * t);
      const away = Math.sin(Math.PI * t) * bend;
      await this.page.mouse.move(fromX + (x - fromX) * eased + away, fromY + (y - fromY) * eased);
    });
    [this.x, this.y] = [x, y];
  }

  async moveOnto(selector) {
    const box = await this.page.locator(selector).first().boundingBox();
    if (!box) throw new Error(`${selector} is not to be seen`);
    await this.moveTo(box.x + box.width * (0.4 + 0.2 * this.random()), box.y + box.height / 2);
  }

  async press(clickCount = 1) {
    await this.page.mouse.down({ clickCount });
    await sleep(45 + 20 * this.random());
    await this.page.mouse.up({ clickCount });
  }

  async click(selector) {
    await this.moveOnto(selector);
    await sleep(180 + 120 * this.random());
    await this.press();
  }

  /** Click a link and be on its page, loaded. */
  async follow(selector, path) {
    await Promise.all([
      this.page.waitForURL((url) => url.pathname === path, { waitUntil: "load" }),
      this.click(selector),
    ]);
  }

  async type(text) {
    for (const character of text) {
      await this.page.keyboard.type(character);
      await sleep(45 + 60 * this.random());
    }
  }

  async fill(selector, text) {
    await this.click(selector);
    await sleep(260);
    await this.type(text);
    await sleep(240);
  }

  async scroll(distance) {
    const steps = Math.ceil(Math.abs(distance) / 80);
    await this.paced(steps, 70, () => this.page.mouse.wheel(0, distance / steps));
    await sleep(250);
  }

  /** Press the same spot again and again, a finger's speed apart. */
  rage(presses) {
    return this.paced(presses, 135, (i) => this.press(i + 1));
  }

  /** Throw the cursor from side to side; slower than rrweb's 50 ms mouse sampling, so that each turn is kept. */
  async thrash(turns) {
    const [x, y] = [this.x, this.y];
    await this.paced(turns, 66, (i) =>
      this.page.mouse.move(x - 90 + (i % 2) * 150 + this.random() * 14, y - 40 + this.random() * 14));
    await this.moveTo(x - 60, y - 30);
  }
}
