// <p-video>: the film with everything one may need to follow it. The native
// controls are there without this; with it, every means is a labelled button,
// by finger and by key, and is remembered for the pupil. The sign language
// film stands beside the first, the described sound replaces its own; both
// are slaved to it.
import { Watched } from "./watched.js";

const NEAR = 0.06, FAR = 0.4; // seconds: left alone, nudged, sought again

const clock = (s) => {
  s = Math.floor(s || 0);
  const two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
};

class Video extends HTMLElement {
  #film; #signed; #described; #seek; #dragging = false; #follow = 0; #at = 0; #wanted = false; #waiting = 0; #failed = -1;
  #likes = { captions: false, described: false, signed: false, speed: 1, keys: true };

  connectedCallback() {
    const film = this.#film = this.querySelector(".screen video");
    this.#signed = this.querySelector(".signer video");
    this.#described = this.querySelector("audio");
    this.#seek = this.querySelector("input[type=range]");
    film.controls = false;
    this.querySelector(".splash").hidden = false;
    this.#recall();
    this.addEventListener("click", (e) => {
      const to = e.target.closest("[data-at]")?.dataset.at;
      if (to) this.#to(Number(to), true);
      const what = e.target.closest("button[data-do]")?.dataset.do;
      if (what) this.#do(what);
    });
    film.addEventListener("click", () => this.#do("play"));
    this.querySelector("select").addEventListener("change", (e) => this.#like("speed", Number(e.target.value)));
    this.querySelector("[data-do=keys]").addEventListener("change", (e) => this.#like("keys", e.target.checked));
    this.#seek.addEventListener("input", () => { this.#dragging = true; this.#show(); });
    this.#seek.addEventListener("change", () => { this.#dragging = false; this.#to(Number(this.#seek.value)); });
    for (const type of ["timeupdate", "durationchange", "seeked"]) film.addEventListener(type, () => this.#show());
    for (const type of ["play", "pause", "seeked", "ratechange", "waiting", "playing", "ended"]) film.addEventListener(type, () => this.#slaves());
    film.addEventListener("play", () => { this.toggleAttribute("playing", true); this.toggleAttribute("begun", true); });
    for (const type of ["pause", "ended"]) film.addEventListener(type, () => this.toggleAttribute("playing", false));
    film.addEventListener("error", () => this.#stopped(), true);
    film.addEventListener("playing", () => this.#trouble(false));
    film.addEventListener("timeupdate", () => { if (film.currentTime) this.#at = film.currentTime; });
    film.addEventListener("play", () => { this.#wanted = true; });
    film.addEventListener("pause", () => { if (!film.error) this.#wanted = false; });
    this.#fit();
    this.#onready(() => {
      this.#seek.max = film.duration;
      const start = Number(this.dataset.start);
      if (start > 0 && start < film.duration - 1) film.currentTime = start;
      if (this.hasAttribute("data-play")) film.play().catch(() => {}); // without a tap the button waits
      this.#show();
    });
    document.addEventListener("keydown", this.#key);
    if (this.dataset.progress) {
      new Watched(film, this.dataset.progress, this.dataset.item, () => ({
        captions: this.#likes.captions, audio_description: this.#likes.described && !!this.#described,
        sign_language: this.#likes.signed && !!this.#signed, speed: this.#likes.speed,
      }));
    }
    this.#apply();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#key);
    clearInterval(this.#follow);
    clearTimeout(this.#waiting);
  }

  // Of the versions of a film the first is the smallest that fills the screen;
  // the browser goes on to lighter ones when the box refuses it.
  #fit() {
    const film = this.#film, height = (s) => Number(s.dataset.height) || 0;
    const all = [...film.querySelectorAll("source")];
    if (!all.every(height) || all.length < 2) return;
    const needs = navigator.connection?.saveData ? 0 : Math.max(film.clientHeight, Math.min(screen.width, screen.height)) * devicePixelRatio;
    const best = all.findLast((s) => height(s) >= needs) ?? all[0];
    const over = all.slice(0, all.indexOf(best));
    if (!over.length) return;
    over.forEach((s) => s.remove());
    film.load();
  }

  // The film stopped, or did not start. When the network is full the box says
  // in how long to ask again; we do, and nobody needs to.
  async #stopped() {
    const film = this.#film, sources = [...film.querySelectorAll("source")];
    await new Promise((then) => setTimeout(then)); // the browser may have another to try
    if (this.#waiting || !film.error && film.networkState !== film.NETWORK_NO_SOURCE) return;
    this.#waiting = -1;
    let full, pause = 5;
    try {
      const r = await fetch(sources.at(-1).src, { headers: { Range: "bytes=0-0" } });
      full = r.status === 429;
      pause = Number(r.headers.get("Retry-After")) || pause;
    } catch { /* the box is out of reach */ }
    this.#waiting = 0;
    if (!full) {
      if (this.#failed === this.#at) return this.#trouble(true);
      this.#failed = this.#at; // once more from there, before anybody is asked to
      return this.#again(this.#wanted);
    }
    this.querySelector(".wait").hidden = false;
    this.#waiting = setTimeout(() => { this.#waiting = 0; this.#again(this.#wanted); }, pause * 1000);
  }

  #again(play) {
    const film = this.#film, at = this.#at;
    film.load();
    this.#onready(() => { film.currentTime = at; if (play) film.play().catch(() => {}); });
  }

  #onready(then) {
    if (this.#film.readyState >= 1) then();
    else this.#film.addEventListener("loadedmetadata", then, { once: true });
  }

  #do(what) {
    const film = this.#film;
    switch (what) {
      case "play": film.paused || film.ended ? film.play().catch(() => this.#trouble(!!film.error)) : film.pause(); break;
      case "back": this.#to(film.currentTime - 10); break;
      case "captions": case "described": case "signed": this.#like(what, !this.#likes[what]); break;
      case "again": this.#again(true); break;
      case "full": this.#full(); break;
    }
  }

  #to(seconds, play) {
    this.#film.currentTime = Math.min(Math.max(0, seconds), this.#film.duration || 0);
    if (play && this.#film.paused) this.#film.play().catch(() => {});
  }

  #full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.requestFullscreen) this.requestFullscreen().catch(() => {});
    else this.#film.webkitEnterFullscreen?.();
  }

  // Keys act where the film is what one works with: inside it, or nowhere in
  // particular. They can be switched off, as WCAG 2.1.4 asks.
  #key = (e) => {
    const inside = this.contains(e.target);
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || !this.#likes.keys) return;
    if (!inside && e.target !== document.body && e.target.id !== "main") return;
    if (document.querySelector(".live-scene:not([hidden])")) return;
    const range = e.target.matches?.("input[type=range], select");
    const does = { k: "play", c: "captions", d: "described", s: "signed", f: "full" }[e.key.toLowerCase()];
    if (does) {
      if (range && e.target.matches("select")) return;
      const button = this.querySelector(`button[data-do=${does}]:not(.splash)`);
      if (!button) return;
      this.#do(does);
    } else if (!range && e.key === "ArrowLeft") this.#to(this.#film.currentTime - 5);
    else if (!range && e.key === "ArrowRight") this.#to(this.#film.currentTime + 5);
    else if (e.key === " " && !inside) this.#do("play");
    else return;
    e.preventDefault();
  };

  // What one likes, kept on this device for this pupil.
  get #place() { return "preau.film:" + (document.documentElement.dataset.who || ""); }

  #recall() {
    try { Object.assign(this.#likes, JSON.parse(localStorage.getItem(this.#place)) || {}); } catch { /* nothing kept */ }
  }

  #like(what, value) {
    this.#likes[what] = value;
    try { localStorage.setItem(this.#place, JSON.stringify(this.#likes)); } catch { /* full or forbidden: for this page only */ }
    this.#apply();
  }

  #apply() {
    const likes = this.#likes, film = this.#film;
    for (const what of ["captions", "described", "signed"]) {
      this.querySelector(`button[data-do=${what}]`)?.setAttribute("aria-pressed", String(likes[what]));
    }
    for (const track of film.textTracks) track.mode = likes.captions ? "showing" : "hidden";
    const signed = this.querySelector(".signer");
    if (signed) signed.hidden = !likes.signed;
    this.toggleAttribute("signed", !!signed && likes.signed);
    film.muted = !!this.#described && likes.described;
    film.playbackRate = film.defaultPlaybackRate = likes.speed;
    this.querySelector("select").value = String(likes.speed);
    this.querySelector("[data-do=keys]").checked = likes.keys;
    this.#slaves();
  }

  #slaves() {
    const wanted = [[this.#signed, this.#likes.signed], [this.#described, this.#likes.described]];
    let any = false;
    for (const [media, on] of wanted) {
      if (!media) continue;
      if (!on) { media.pause(); continue; }
      if (!media.src) media.src = media.dataset.src; // nobody pays for what nobody asked
      any = true;
      this.#keep(media);
    }
    clearInterval(this.#follow);
    if (any && !this.#film.paused) this.#follow = setInterval(() => wanted.forEach(([m, on]) => m && on && this.#keep(m)), 300);
  }

  #keep(media) {
    const film = this.#film, gap = film.currentTime - media.currentTime;
    const rate = film.playbackRate;
    if (Math.abs(gap) > FAR || (film.paused && Math.abs(gap) > NEAR)) media.currentTime = film.currentTime;
    media.playbackRate = Math.abs(gap) > NEAR && Math.abs(gap) <= FAR ? rate * (gap > 0 ? 1.06 : 0.94) : rate;
    const run = !film.paused && !film.ended && film.readyState > 2;
    if (run && media.paused && !media.ended) media.play().catch(() => {});
    else if (!run && !media.paused) media.pause();
  }

  #show() {
    const film = this.#film, length = film.duration || Number(this.#seek.max) || 0;
    const at = this.#dragging ? Number(this.#seek.value) : film.currentTime;
    if (!this.#dragging) this.#seek.value = at;
    this.#seek.setAttribute("aria-valuetext", `${clock(at)} ${this.#seek.dataset.of} ${clock(length)}`);
    this.#seek.style.setProperty("--at", length ? (100 * at) / length + "%" : "0%");
    this.querySelector("[data-now]").textContent = clock(at);
    this.querySelector("[data-length]").textContent = clock(length);
  }

  #trouble(on) {
    this.querySelector(".trouble").hidden = !on;
    this.querySelector(".wait").hidden = true;
  }
}

customElements.define("p-video", Video);
