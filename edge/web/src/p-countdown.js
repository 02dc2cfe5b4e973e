// <p-countdown>: the teacher's timer. One tap starts 1, 2, 5 or 10 minutes; a
// field takes any other.
import { failure } from "./live.js";
import { clock, left } from "./p-timer.js";

class PCountdown extends HTMLElement {
  #live; #w = this.dataset; #tick = 0;

  follow(live) {
    this.#live = live;
    for (const event of ["timer", "welcome", "ended"]) live.addEventListener(event, () => this.#paint());
    this.addEventListener("click", (e) => this.#click(e));
    this.addEventListener("submit", (e) => { e.preventDefault(); this.#start(Number(new FormData(e.target).get("minutes")) * 60); });
    this.#paint();
  }

  disconnectedCallback() { clearTimeout(this.#tick); }

  #$(sel) { return this.querySelector(sel); }

  #click(e) {
    const button = e.target.closest("[data-timer]");
    if (!button) return;
    const what = button.dataset.timer;
    if (what === "start") this.#start(60 * Number(button.value));
    if (what === "stop") this.#do({ t: "timer-stop" });
    if (what === "pause") this.#do({ t: this.#live.timer?.paused ? "timer-go" : "timer-pause" });
  }

  #start(seconds) {
    if (seconds >= 1) this.#do({ t: "timer", seconds: Math.round(seconds) });
  }

  async #do(command) {
    const note = this.#$("[data-note]");
    try {
      await this.#live.command(command);
      note.textContent = "";
    } catch (err) {
      note.textContent = failure(err, this.#w);
    }
  }

  #paint() {
    clearTimeout(this.#tick);
    const timer = this.#live.room === null ? null : this.#live.timer;
    const here = this.contains(document.activeElement);
    this.#$("[data-set]").hidden = !!timer;
    this.#$("[data-on]").hidden = !timer;
    // What is hidden still has the focus until the next picture.
    if (here && document.activeElement.closest("[hidden]")) this.#$(timer ? "[data-timer=stop]" : "[data-timer=start]").focus();
    if (!timer) return;
    const ms = left(timer, this.#live.now());
    this.#$("[data-digits]").textContent = ms > 0 ? clock(ms) : this.#w.over;
    const pause = this.#$("[data-timer=pause]");
    pause.hidden = ms <= 0;
    pause.textContent = timer.paused ? this.#w.go : this.#w.pause;
    if (!timer.paused && ms > 0) this.#tick = setTimeout(() => this.#paint(), ms % 1000 || 1000);
  }
}

customElements.define("p-countdown", PCountdown);
