// The class, live: one websocket that survives cuts, a clock shared with the
// box, and the stages it pushes. Protocol: docs/live-protocol.md.

import { Layers } from "./ink/layers.js";

const SUBPROTOCOL = "preau.live.v1";
const SAMPLES = 8;
const PATIENCE = 3000; // ms for a connection to be made
const WAKES = 2500; // ms for a line that looks open after a sleep to say something

// now() is monotonic: Date.now() may jump while a film plays.
const clock = () => performance.timeOrigin + performance.now();

/** True when a close code says that coming back is useless. */
const final = (code) => [1000, 1002, 1003, 1007, 1009].includes(code) || (code >= 4500 && code < 5000);

/**
 * Live keeps the connection. It dispatches:
 *   "link"     detail {online, code, over}      over: the line does not come back by itself
 *   "welcome"  detail the message
 *   "stage"    detail {to, stage, why, fresh}   fresh: this launch is new to this page
 *   "mine"     what is for this pupil alone; also in .mine, null when nothing is
 *   "attention", "presence", "count", "ended"   detail the message
 *   "question", "timer", "tally", "answers"     the same; also in .question, .timer
 *   "ink", "rub", "point", "chalk"   detail the message; ink and rub are in .ink already
 */
export class Live extends EventTarget {
  #url; #socket = null; #epoch = 0; #seq = 0; #wanted = false; #tries = 0; #timer = 0; #heard = 0; #watch = 0;
  #ping = 4000; #burst = 0; #samples = []; #offset = 0; #since = 0; #pending = new Map(); #ref = 0; #launches = new Set(); #fallow = 0;
  stages = { boards: null, pupils: null };
  attention = false;
  over = false; // the line does not come back by itself
  question = null; // on the screens, and the time that runs: as the box says them
  timer = null;
  mine = null;
  chalk = false; // the board may be written on
  ink = new Layers();
  room = null;
  you = null;

  constructor(query = "") {
    super();
    this.#url = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live" + query;
  }

  /** The box's time in ms, by the sample with the shortest round trip. */
  now() { return clock() + this.#best(); }

  #best() { return this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a), { trip: Infinity, offset: this.#offset }).offset; }

  // The clock stands still while a tablet sleeps: what was measured before is
  // worth nothing after, however short its trip.
  #forget() {
    this.#offset = this.#best();
    this.#samples = [];
    this.#since = clock();
  }

  get online() { return this.#socket?.readyState === WebSocket.OPEN && this.#heard > 0; }

  start() {
    this.#wanted = true;
    this.over = false;
    this.#connect();
    // A tablet that wakes, or finds its Wi-Fi again, does not wait for a timer.
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    clearInterval(this.#burst);
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#socket?.close(1000);
  }

  /** Sends a message that needs no answer; false when there is no line. */
  tell(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Sends a command; resolves once the box has it on its disk. Rejected as
   * "offline" it did not leave, or, with .sent, nobody knows.
   */
  command(message) {
    const ref = "c" + ++this.#ref;
    return new Promise((resolve, reject) => {
      if (!this.tell({ ...message, ref })) return reject(Object.assign(new Error("offline"), { kind: "offline" }));
      this.#pending.set(ref, { resolve, reject });
    });
  }

  /** Where a stage stands now, in seconds. */
  position(stage) {
    if (!stage.playing) return stage.position;
    return Math.max(0, stage.position + Math.max(0, (this.now() - stage.at) / 1000) * (stage.rate || 1));
  }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  #hurry = () => {
    if (!this.#wanted || document.hidden) return;
    if (!this.#socket) { clearTimeout(this.#timer); return this.#connect(); }
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    // A socket that slept looks open; whether it is, an answer tells.
    const socket = this.#socket, heard = this.#heard;
    this.#measure();
    setTimeout(() => { if (this.#socket === socket && this.#heard === heard) this.#lost(4001); }, WAKES);
  };

  #connect() {
    if (this.#socket || !this.#wanted) return;
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.#heard = 0;
    // Without a line a first packet is sent again after 1, 2, 4 … 32 s: who
    // waits for it comes back that much too late.
    const patience = setTimeout(() => this.#lost(1006), PATIENCE);
    socket.onopen = () => {
      clearTimeout(patience);
      const hello = { t: "hello" };
      if (this.#epoch) Object.assign(hello, { epoch: this.#epoch, seq: this.#seq });
      socket.send(JSON.stringify(hello));
      this.#measure();
    };
    socket.onmessage = (e) => {
      if (this.#socket !== socket) return; // from a line that was given up
      this.#heard = clock();
      let message;
      try { message = JSON.parse(e.data); } catch { return; }
      this.#receive(message);
      // What was carried out, for whoever watches the page from outside.
      document.dispatchEvent(new CustomEvent("p-live", { detail: message }));
    };
    socket.onclose = (e) => {
      clearTimeout(patience);
      if (this.#socket === socket) this.#closed(e.code);
    };
  }

  // A dead line is left, not closed: the browser would wait for the other
  // end's answer, which does not come.
  #lost(code) {
    const socket = this.#socket;
    this.#closed(code);
    socket?.close();
  }

  #closed(code) {
    clearInterval(this.#watch);
    clearInterval(this.#burst);
    this.#socket = null;
    for (const { reject } of this.#pending.values()) reject(Object.assign(new Error("offline"), { kind: "offline", sent: true }));
    this.#pending.clear();
    const over = this.over = !this.#wanted || final(code);
    this.#wanted = !over;
    this.#emit("link", { online: false, code, over });
    if (over) return;
    const wait = this.#tries++ === 0 ? Math.random() * 500 : Math.min(4000, 2 ** (this.#tries - 2) * 1000 * (0.5 + Math.random()));
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  // Five quick samples, then one a period; silence of twice that is a dead line.
  #measure() {
    let quick = 5;
    clearInterval(this.#watch);
    clearInterval(this.#burst);
    this.#forget();
    const ping = () => this.tell({ t: "ping", c: clock() });
    ping();
    this.#burst = setInterval(() => { ping(); if (--quick <= 0) clearInterval(this.#burst); }, 120);
    const began = clock();
    let last = began;
    this.#watch = setInterval(() => {
      if (clock() - Math.max(this.#heard, began) > 2 * this.#ping + 1000) return this.#lost(4001);
      if (clock() - last < this.#ping) return;
      last = clock();
      ping();
    }, 1000);
  }

  #receive(m) {
    if (m.seq && m.t !== "welcome" && m.t !== "ok") this.#seq = Math.max(this.#seq, m.seq);
    switch (m.t) {
      case "pong": {
        const received = clock();
        if (m.c < this.#since) return; // it slept on the way
        this.#samples.push({ trip: received - m.c, offset: m.now - (m.c + received) / 2 });
        if (this.#samples.length > SAMPLES) this.#samples.shift();
        return;
      }
      case "welcome": return this.#welcome(m);
      case "stage": {
        for (const to of m.to === "all" ? ["boards", "pupils"] : [m.to]) this.#set(to, m.stage, m.why);
        return;
      }
      case "mine": clearTimeout(this.#fallow); this.mine = m; return this.#emit("mine", m);
      case "ink": case "rub": this.ink.take(m); return this.#emit(m.t, m);
      case "chalk": this.chalk = m.on; return this.#emit(m.t, m);
      case "attention": this.attention = m.on; return this.#emit("attention", m);
      case "question": case "timer": this[m.t] = m[m.t] ?? null; return this.#emit(m.t, m);
      case "ended": this.question = this.timer = this.room = null; this.mine = null; this.stages = { boards: null, pupils: null }; return this.#emit("ended", m);
      case "ok": case "error": {
        const waiting = this.#pending.get(m.ref);
        this.#pending.delete(m.ref);
        if (m.t === "ok") waiting?.resolve(m);
        else if (waiting) waiting.reject(Object.assign(new Error(m.text), m));
        return;
      }
      default: return this.#emit(m.t, m); // presence, count, teachers… and what is new
    }
  }

  #welcome(m) {
    this.#tries = 0;
    this.#ping = m.ping || this.#ping;
    this.you = m.you;
    this.room = m.room ?? null;
    if (!this.#samples.length) this.#offset = m.now - clock(); // until the first pong
    if (m.epoch) this.#epoch = m.epoch;
    if (!m.resumed) {
      this.#seq = m.seq || 0;
      this.attention = !!m.state?.attention;
      this.question = m.state?.question ?? null;
      this.timer = m.state?.timer ?? null;
      this.chalk = !!m.state?.chalk;
      for (const to of ["boards", "pupils"]) this.#set(to, m.state?.[to] ?? null, "welcome");
      this.ink.reset(m.state?.ink);
    }
    // What is one's own follows at once, unless there is nothing any more.
    clearTimeout(this.#fallow);
    if (this.mine) this.#fallow = setTimeout(() => { this.mine = null; this.#emit("mine", null); }, m.room ? 500 : 0);
    this.#emit("link", { online: true });
    this.#emit("welcome", m);
  }

  #set(to, stage, why) {
    const before = this.stages[to];
    this.stages[to] = stage;
    if (!stage && !before) return;
    if (stage?.launch !== before?.launch) this.ink.keep([this.stages.boards?.launch, this.stages.pupils?.launch]);
    const key = to + (stage?.launch ?? "");
    const fresh = !!stage && !this.#launches.has(key);
    if (stage) this.#launches.add(key);
    this.#emit("stage", { to, stage, why, fresh });
  }

  /** Tells the box that what came so far is on the screen. */
  ack() { if (this.#seq) this.tell({ t: "ack", seq: this.#seq }); }
}

/** What became of a command that failed, in the words w of its screen. */
export const failure = (err, w) => (err.kind !== "offline" ? w.refused : (err.sent && w.unsure) || w.offline);

// Of a gap: left alone, closed by the rate, closed by a seek; in seconds. The
// correction is in proportion, so that it ends softly, and never over MOST.
const NEAR = 0.012, NUDGE = 0.035, JUMP = 0.35, MOST = 0.08;
const STEP_MS = 200;

/**
 * Follow keeps a <video> where a stage says: by its rate for small gaps, by a
 * seek for large ones. It returns a function that lets go.
 */
export function follow(live, video, stageOf) {
  let starter = 0, closing = false, cost = 0.06; // what a seek takes here, learnt
  const set = (rate) => { if (Math.abs(video.playbackRate - rate) > 0.004) video.playbackRate = rate; };

  const hold = (stage, want) => {
    if (!video.paused) video.pause();
    if (Math.abs(video.currentTime - want) > NEAR) video.currentTime = want;
    set(stage.rate || 1);
  };

  const jump = (want, rate) => {
    const still = video.paused;
    video.currentTime = want + (still ? 0 : cost * rate);
    if (still) return;
    video.addEventListener("seeked", () => {
      const stage = stageOf();
      if (!stage?.playing) return;
      const late = (Math.min(live.position(stage), video.duration || Infinity) - video.currentTime) / (stage.rate || 1);
      cost = Math.min(0.5, Math.max(0, cost + late / 2));
    }, { once: true });
  };

  const run = (gap, rate, want) => {
    const size = Math.abs(gap);
    if (size > JUMP) { if (!video.seeking) jump(want, rate); closing = false; }
    else if (size > NUDGE) closing = true;
    else if (size < NEAR) closing = false;
    set(rate * (closing ? 1 + Math.max(-MOST, Math.min(MOST, gap)) : 1));
  };

  const play = () => {
    video.play().catch((err) => {
      if (err.name !== "NotAllowedError" || video.muted) return;
      // Sound needs a tap the browser has not seen: a silent film in step
      // beats a still one; the page offers the sound.
      video.muted = true;
      video.dispatchEvent(new CustomEvent("p-muted", { bubbles: true }));
      video.play().catch(() => {});
    });
  };

  const step = () => {
    const stage = stageOf();
    if (!stage || video.readyState < 1) return;
    const ahead = (stage.at - live.now()) / 1000, want = Math.min(live.position(stage), video.duration || Infinity);
    if (!stage.playing) return hold(stage, want);
    if (ahead > 0.02) { // all start together, a little later
      if (Math.abs(video.currentTime - stage.position) > NUDGE) video.currentTime = stage.position;
      clearTimeout(starter);
      starter = setTimeout(step, ahead * 1000);
      return;
    }
    const end = video.duration || Infinity;
    if (video.ended && end - want < JUMP) return; // play() would begin it again
    if (want >= end) { // who comes after the end sees the end
      if (!video.seeking && end - video.currentTime > JUMP) video.currentTime = end;
      return;
    }
    run(want - video.currentTime, stage.rate || 1, want);
    if (video.paused && !video.ended) play();
  };

  const timer = setInterval(step, STEP_MS);
  live.addEventListener("stage", step);
  for (const type of ["loadedmetadata", "playing"]) video.addEventListener(type, step);
  step();
  return () => {
    clearInterval(timer);
    clearTimeout(starter);
    live.removeEventListener("stage", step);
    for (const type of ["loadedmetadata", "playing"]) video.removeEventListener(type, step);
    video.playbackRate = 1;
  };
}
