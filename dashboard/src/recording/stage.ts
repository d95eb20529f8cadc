/** One window on the stage: rrweb's Replayer, fed as events come. */

import { Replayer } from "@rrweb/replay";
import { type RecordedEvent, SOURCE } from "./event";
import { MaskPass, maskRules } from "./mask_pass";
import type { WindowRecording } from "./recording";

/** What the replayed page measures. */
export interface Size {
  width: number;
  height: number;
}

/** A page has its styles by then: the opening picture is taken this much after the first snapshot. */
export const SETTLED_MS = 1000;

type ReplayEvent = ConstructorParameters<typeof Replayer>[0][number];

/** What a stage tells its player. */
export interface StageListener {
  onSize(size: Size): void;
  /** All events that there were have been played. */
  onRunOut(): void;
  onFrame(): void;
}

/** Plays one window; times are absolute milliseconds. */
export class Stage {
  readonly element = document.createElement("div");
  size: Size = { width: 0, height: 0 };
  #replayer: Replayer;
  #window: WindowRecording;
  #masks: MaskPass;

  constructor(root: HTMLElement, window: WindowRecording, listener: StageListener, isCalm: boolean) {
    this.#window = window;
    root.append(this.element);
    this.#replayer = new Replayer(window.events as ReplayEvent[], {
      root: this.element,
      showWarning: false,
      // The page's own pauses are skipped by the player, which knows all windows.
      skipInactive: false,
      triggerFocus: false,
      insertStyleRules: maskRules(),
      mouseTail: isCalm ? false : { strokeStyle: "#4c6ef5", lineWidth: 2, duration: 400 },
    });
    this.#replayer.iframe.title = "The recorded page";
    this.#replayer.iframe.tabIndex = -1;
    this.#masks = new MaskPass(this.#replayer.iframe);
    this.#listen(listener);
  }

  /** Take in an event that came after the stage was set. */
  add(event: RecordedEvent): void {
    this.#replayer.addEvent(event as ReplayEvent);
  }

  /** Play from a time on. */
  play(atMs: number, speed: number): void {
    this.setSpeed(speed);
    this.#replayer.play(Math.max(0, atMs - this.#base()));
  }

  /** Change how fast it plays. */
  setSpeed(speed: number): void {
    if (this.#replayer.config.speed !== speed) this.#replayer.setConfig({ speed });
  }

  /** Stand still where it is. */
  hold(): void {
    this.#replayer.pause();
  }

  /** Show a time and stand still. */
  show(atMs: number): void {
    // Before its first snapshot a window shows nothing.
    this.#replayer.pause(Math.max(this.#window.first_snapshot_at_ms ?? 0, atMs) - this.#base());
    this.#masks.request();
  }

  /** Show the window's start as it looks once its page has its styles; for what nobody has gone to yet. */
  showOpening(): void {
    this.show((this.#window.first_snapshot_at_ms ?? 0) + SETTLED_MS);
  }

  /** Take it off. */
  destroy(): void {
    this.#masks.stop();
    this.#replayer.destroy();
    this.element.remove();
  }

  #base(): number {
    return this.#replayer.getMetaData().startTime;
  }

  #listen(listener: StageListener): void {
    this.#replayer.on("resize", (value) => {
      this.size = value as Size;
      listener.onSize(this.size);
    });
    this.#replayer.on("fullsnapshot-rebuilded", () => {
      this.#masks.request();
      listener.onFrame();
    });
    this.#replayer.on("finish", () => listener.onRunOut());
    this.#replayer.on("event-cast", (value) => {
      const source = (value as RecordedEvent).data?.source;
      if (source === SOURCE.mutation || source === SOURCE.input) this.#masks.request();
    });
  }
}
