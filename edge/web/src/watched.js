// What of a film was really played: segments without a jump, told to the box
// through the outbox. The box computes progress; nothing is claimed here.
import { outbox } from "./outbox.js";

const PERIOD = 10; // seconds played between two posts
const SLIP = 1.5;  // a longer step between two looks is a jump, at speed 1

export class Watched {
  #film; #url; #item; #how; #registration = outbox.id();
  #open = null; #closed = []; #sent = 0;

  /** how() says by which means the film is followed just now. */
  constructor(film, url, item, how) {
    this.#film = film; this.#url = url; this.#item = item; this.#how = how;
    film.addEventListener("timeupdate", () => this.#look());
    film.addEventListener("playing", () => { this.#open ??= [film.currentTime, film.currentTime]; });
    film.addEventListener("seeking", () => this.#close());
    film.addEventListener("pause", () => { this.#look(); if (!film.ended) this.#post("pause"); });
    film.addEventListener("ended", () => { this.#look(); this.#post("ended"); });
    addEventListener("pagehide", () => this.#post("left"));
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.#post(""); });
  }

  #look() {
    const now = this.#film.currentTime;
    if (!this.#open) { if (!this.#film.paused && !this.#film.seeking) this.#open = [now, now]; return; }
    const step = now - this.#open[1];
    if (step < -0.05 || step > SLIP * Math.max(1, this.#film.playbackRate)) {
      this.#close();
      this.#open = [now, now];
      return;
    }
    this.#open[1] = Math.max(this.#open[1], now);
    if (!this.#film.paused && this.#played() >= PERIOD) this.#post("");
  }

  #played() { return [...this.#closed, ...(this.#open ? [this.#open] : [])].reduce((sum, [a, b]) => sum + b - a, 0); }

  #close() {
    if (this.#open && this.#open[1] - this.#open[0] > 0.05) this.#closed.push(this.#open);
    this.#open = null;
  }

  #post(event) {
    const film = this.#film, at = film.currentTime, playing = !film.paused && !film.ended;
    this.#close();
    const segments = this.#closed.splice(0);
    if (playing) this.#open = [at, at];
    if (!film.duration || (!segments.length && !(event === "ended" || (event && this.#sent)))) return;
    this.#sent++;
    const round = (s) => Math.round(Math.min(Math.max(s, 0), film.duration) * 1000) / 1000;
    outbox.put(this.#url, {
      id: outbox.id(), item: this.#item, registration: this.#registration,
      segments: segments.map(([a, b]) => [round(a), round(b)]).filter(([a, b]) => b > a),
      position: round(at), length: Math.round(film.duration * 1000) / 1000, at: new Date().toISOString(),
      ...(event ? { event } : {}), ...this.#how(), device: device(), ...(navigator.onLine ? {} : { offline: true }),
    }, event === "left" || event === "ended");
  }
}

/** What kind of device this is, roughly. */
export function device() {
  if (!matchMedia("(pointer: coarse)").matches) return "computer";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
}
