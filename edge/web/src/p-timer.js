// <p-timer>: the time left, on a board or a tablet. Every screen counts by the
// box's clock and turns the digit at the same instant. The ring empties by its
// shape; nothing flashes. Screen readers hear of half, of the last minute and
// of the end. A sound at the end is off until somebody asks for it.

const GONE = 60_000; // ms after the end, then it leaves by itself
const ROUND = 2 * Math.PI * 45; // of the ring, in its own units

/** Time left in ms, by the box's clock. */
export const left = (timer, now) => (timer.paused ? timer.left : Math.max(0, timer.ends - now));

/** 90000 → "1:30"; a second that has begun is still shown. */
export function clock(ms) {
  const s = Math.ceil(ms / 1000), two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

class PTimer extends HTMLElement {
  #live; #w = this.dataset; #tick = 0; #whole = 0; #id = ""; #said = new Set(); #sound = null;

  follow(live) {
    this.#live = live;
    live.addEventListener("timer", () => this.#change());
    live.addEventListener("welcome", () => this.#change());
    this.addEventListener("click", (e) => { if (e.target.closest("[data-sound]")) this.#ask(e.target.closest("[data-sound]")); });
    this.#change();
  }

  disconnectedCallback() { clearTimeout(this.#tick); this.#sound?.close(); }

  #$(sel) { return this.querySelector(sel); }

  get #timer() {
    const timer = this.#live.timer, here = this.#w.screen;
    return timer && (!timer.to || timer.to === "all" || timer.to === here) ? timer : null;
  }

  #change() {
    const timer = this.#timer;
    clearTimeout(this.#tick);
    if (!timer) { this.hidden = true; this.#id = ""; return; }
    const now = left(timer, this.#live.now());
    if (timer.id !== this.#id) { // its length is what was left when it came; a late comer sees a full ring of the rest
      this.#id = timer.id;
      this.#whole = timer.total || now;
      this.#said.clear();
      if (now < this.#whole / 2) this.#said.add("half");
      if (now <= 60_000) this.#said.add("minute");
      if (now > 0) this.#say(this.#w.started.replace("%s", this.#words(now)));
    }
    this.#$("[data-text]").textContent = timer.text || "";
    this.toggleAttribute("paused", !!timer.paused);
    this.#paint();
  }

  // Draws, then waits for the instant at which the digits change.
  #paint() {
    clearTimeout(this.#tick);
    const timer = this.#timer;
    if (!timer) return;
    const ms = left(timer, this.#live.now()), ended = ms <= 0;
    this.hidden = ended && this.#live.now() - timer.ends > GONE;
    this.toggleAttribute("over", ended);
    const digits = this.#$("[data-digits]");
    const text = ended ? this.#w.over : clock(ms);
    if (digits.textContent !== text) digits.textContent = text;
    this.#$("[data-paused]").hidden = !timer.paused;
    // The ring holds what is left; it loses its length, not its colour.
    const part = this.#whole ? Math.min(1, ms / this.#whole) : 0;
    const ring = this.#$("[data-ring]");
    ring.setAttribute("stroke-dasharray", `${(part * ROUND).toFixed(2)} ${ROUND.toFixed(2)}`);
    ring.setAttribute("visibility", part > 0 ? "visible" : "hidden");
    if (timer.paused) return;
    this.#announce(ms);
    if (!ended) this.#tick = setTimeout(() => this.#paint(), ms % 1000 || 1000);
    else if (!this.hidden) this.#tick = setTimeout(() => this.#paint(), GONE);
  }

  #announce(ms) {
    const once = (what, text) => { if (!this.#said.has(what)) { this.#said.add(what); this.#say(text); } };
    if (ms <= 0) { if (!this.#said.has("over")) this.#chime(); return once("over", this.#w.ended); }
    if (ms <= 60_000 && this.#whole > 60_000) once("minute", this.#w.minute);
    if (ms <= this.#whole / 2 && this.#whole >= 20_000) once("half", this.#w.half.replace("%s", this.#words(ms)));
  }

  #words(ms) {
    const s = Math.round(ms / 1000), m = Math.floor(s / 60);
    const unit = (n, unit) => n.toLocaleString(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" });
    return [m ? unit(m, "minute") : "", s % 60 ? unit(s % 60, "second") : ""].filter(Boolean).join(" ");
  }

  #say(text) {
    const region = this.#$("[data-says]");
    if (region) region.textContent = text;
  }

  // The tap that asks for the sound is what browsers want before one.
  #ask(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    this.#sound?.close(); // it holds the machine's sound
    this.#sound = on ? new AudioContext() : null;
    if (on) this.#chime(0.05);
  }

  #chime(loud = 0.15) {
    const sound = this.#sound;
    if (!sound) return;
    [523.25, 659.25].forEach((tone, i) => {
      const voice = sound.createOscillator(), gain = sound.createGain(), at = sound.currentTime + i * 0.35;
      voice.frequency.value = tone;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(loud, at + 0.05);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + 1.2);
      voice.connect(gain).connect(sound.destination);
      voice.start(at);
      voice.stop(at + 1.3);
    });
  }
}

customElements.define("p-timer", PTimer);
