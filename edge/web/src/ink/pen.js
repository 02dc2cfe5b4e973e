// The hand over a sheet: gestures become strokes, and leave for the box at
// most twenty times a second.
import { touches } from "./paint.js";

const EVERY_MS = 50, PEN_RULES_MS = 30000, MOST = 1536, LONGEST = 6000, CLOSE = 1 / 1024, WIDE_PX = 60;
const WIDTHS = { pen: 0.006, marker: 0.026, line: 0.006, arrow: 0.006 };
const grid = (v) => Math.round(Math.round(Math.min(1, Math.max(0, v)) * 4096) / 4096 * 1e4) / 1e4;

/** Cuts whole strokes into messages that the box takes. */
export function* messages(strokes) {
  let batch = [], size = 0;
  for (const s of strokes) {
    const head = { ...s, points: s.points.slice(0, MOST) };
    const n = 100 + head.points.length * 7;
    if (batch.length && (size + n > 12000 || batch.length === 64)) { yield { strokes: batch }; [batch, size] = [[], 0]; }
    batch.push(head);
    size += n;
    if (s.points.length > MOST) {
      yield { strokes: batch };
      [batch, size] = [[], 0];
      for (let i = MOST; i < s.points.length; i += MOST) yield { strokes: [{ id: s.id, points: s.points.slice(i, i + MOST) }], more: true };
    }
  }
  if (batch.length) yield { strokes: batch };
}

/**
 * Pen draws on a sheet (p-ink). refused is called with the error when the box
 * will not take a stroke; changed, when there is something more, or less, to undo.
 */
export class Pen {
  tool = "pen"; color = "#ffd400"; changed = () => {};
  #sheet; #refused; #id = 0; #pointer = null; #kind = ""; #stroke = null; #penSeen = -Infinity; #timer = 0; #last = 0;
  #undo = []; #rubbed = new Map(); #ids = new Set(); #spot = null; #seed = Math.random().toString(36).slice(2, 8);

  constructor(sheet, refused = () => {}) {
    this.#sheet = sheet;
    this.#refused = refused;
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) sheet.addEventListener(type, this.#on);
    sheet.live.addEventListener("welcome", this.#back);
    sheet.toggleAttribute("drawing", true);
  }

  stop() {
    this.#end();
    this.#flush();
    clearTimeout(this.#timer);
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) this.#sheet.removeEventListener(type, this.#on);
    this.#sheet.live.removeEventListener("welcome", this.#back);
    this.#sheet.toggleAttribute("drawing", false);
  }

  get canUndo() { return this.#undo.length > 0; }

  get #where() {
    const stage = this.#sheet.stage();
    return stage && { launch: stage.launch, ...(stage.page ? { page: stage.page } : {}) };
  }

  #on = (e) => {
    if (e.type === "pointerdown") return this.#down(e);
    if (e.pointerId !== this.#pointer) return;
    e.preventDefault();
    if (e.type === "pointermove") for (const c of e.getCoalescedEvents?.() ?? [e]) this.#move(c);
    else { if (e.type === "pointerup") this.#move(e); this.#end(e.type === "pointercancel"); }
  };

  // A palm, or a second finger, draws nothing: a pen wins over touch, and
  // takes back what the hand that holds it has begun.
  #down(e) {
    if (e.button > 0 || !this.#where) return;
    if (e.pointerType === "pen") {
      if (this.#pointer !== null && this.#kind === "touch") this.#end(true);
      this.#penSeen = performance.now();
    } else if (e.pointerType === "touch" && (performance.now() - this.#penSeen < PEN_RULES_MS || Math.max(e.width, e.height) > WIDE_PX)) return;
    if (this.#pointer !== null) return;
    e.preventDefault();
    this.#pointer = e.pointerId;
    this.#kind = e.pointerType;
    this.#sheet.setPointerCapture?.(e.pointerId);
    if (this.tool in WIDTHS) {
      this.#stroke = { id: this.#seed + (this.#id++).toString(36), tool: this.tool, color: this.color, width: WIDTHS[this.tool], points: [], sent: 0, where: this.#where };
      this.#sheet.own.set(this.#stroke.id, this.#stroke);
    }
    this.#move(e);
    this.#soon(true);
  }

  #at(e) {
    const r = this.#sheet.getBoundingClientRect();
    return [(e.clientX - r.x) / r.width, (e.clientY - r.y) / r.height];
  }

  #move(e) {
    const [x, y] = this.#at(e);
    if (this.tool === "rub") this.#rub(x, y);
    else if (this.tool === "point") this.#spot = [grid(x), grid(y)];
    else if (this.#stroke) {
      const p = this.#stroke.points, n = p.length, straight = this.#stroke.tool === "line" || this.#stroke.tool === "arrow";
      if (n && Math.abs(x - p[n - 3]) < CLOSE && Math.abs(y - p[n - 2]) < CLOSE) return;
      if (n >= LONGEST - 3) return straight ? undefined : this.#go(x, y, e);
      if (straight && n > 3) p.length = Math.max(3, Math.min(n, this.#stroke.sent)); // only where it ends counts
      p.push(grid(x), grid(y), this.#kind === "pen" && e.pressure ? grid(e.pressure) : 0.5);
      this.#sheet.ask();
    }
    this.#soon();
  }

  // A stroke as long as the box takes goes on as another one.
  #go(x, y, e) {
    const before = this.#stroke;
    before.done = true;
    this.#pushUndo({ add: before });
    this.#stroke = { ...before, id: this.#seed + (this.#id++).toString(36), points: before.points.slice(-3), sent: 0, done: false };
    this.#sheet.own.set(this.#stroke.id, this.#stroke);
    this.#move(e);
  }

  #end(cancel = false) {
    if (this.#pointer === null) return;
    this.#pointer = null;
    const s = this.#stroke;
    this.#stroke = null;
    if (s && cancel) {
      this.#sheet.own.delete(s.id);
      if (s.sent) this.#sheet.live.tell({ t: "rub", ...s.where, ids: [s.id] });
      this.#sheet.repaint();
    } else if (s) {
      s.done = true;
      this.#pushUndo({ add: s });
    }
    if (this.tool === "point") this.#spot = [-1, 0];
    if (this.#rubbed.size) this.#pushUndo({ rub: [...this.#rubbed.values()], where: this.#where });
    this.#rubbed = new Map();
    this.#ids.size ? this.#flush() : this.#soon();
  }

  #pushUndo(step) {
    this.#undo.push(step);
    if (this.#undo.length > 200) this.#undo.shift();
    this.changed();
  }

  #rub(x, y) {
    const r = this.#sheet.getBoundingClientRect();
    for (const s of this.#sheet.strokes) {
      if (!this.#rubbed.has(s.id) && touches(s, x * r.width, y * r.height, 14, r.width, r.height)) {
        this.#rubbed.set(s.id, s);
        this.#ids.add(s.id);
      }
    }
  }

  // The first piece leaves at once; then one every EVERY_MS.
  #soon(now = false) {
    if (this.#timer) return;
    const wait = now ? 0 : Math.max(0, this.#last + EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#last = performance.now();
    const live = this.#sheet.live, to = "all";
    if (!live.online) return; // #back sends what is not confirmed
    for (const s of this.#sheet.own.values()) {
      if (!s.where || s.asked) continue;
      while (s.sent < s.points.length) {
        const points = s.points.slice(s.sent, s.sent + MOST), more = s.sent > 0;
        const stroke = more ? { id: s.id, points } : { id: s.id, tool: s.tool, color: s.color, width: s.width, points };
        s.sent += points.length;
        const m = { t: "ink", to, ...s.where, strokes: [stroke], ...(more ? { more } : {}) };
        if (s.done && s.sent >= s.points.length) this.#close(s, m);
        else live.tell(m);
      }
      if (s.done && !s.asked) this.#close(s, { t: "ink", to, ...s.where, strokes: [{ id: s.id, points: s.points.slice(-3) }], more: true });
    }
    if (this.#ids.size) {
      live.tell({ t: "rub", ...this.#where, ids: [...this.#ids].slice(0, 256) });
      this.#ids.clear();
    }
    if (this.#spot) {
      live.tell({ t: "point", ...this.#where, x: this.#spot[0], y: this.#spot[1] });
      this.#spot = null;
    }
  }

  // The last piece is answered once the stroke is on the box's disk.
  #close(s, m) {
    s.asked = true;
    this.#sheet.live.command(m).then(() => this.#confirmed(s), (err) => {
      s.asked = false;
      if (err.kind === "offline") return;
      this.#sheet.own.delete(s.id);
      this.#undo = this.#undo.filter((u) => u.add !== s);
      this.#sheet.repaint();
      this.#refused(err);
    });
  }

  #confirmed(s) {
    this.#sheet.own.delete(s.id);
    this.#sheet.repaint();
  }

  // After a cut: what the box has not said it keeps is sent again, whole.
  #back = () => {
    for (const s of this.#sheet.own.values()) [s.sent, s.asked] = [0, false];
    this.#soon();
  };

  async undo() {
    const step = this.#undo.pop(), live = this.#sheet.live;
    if (!step) return;
    this.changed();
    if (step.add) await live.command({ t: "rub", ...step.add.where, ids: [step.add.id] });
    else await send(live, "all", step.where, step.rub);
  }

  async clear() {
    const all = this.#sheet.strokes.map((s) => ({ ...s, points: [...s.points] })), where = this.#where;
    if (!all.length || !where) return;
    for (let i = 0; i < all.length; i += 256) await this.#sheet.live.command({ t: "rub", ...where, ids: all.slice(i, i + 256).map((s) => s.id) });
    this.#pushUndo({ rub: all, where });
  }

  /** Moves the spot by keys. */
  spot(x, y) { this.#spot = [grid(x), grid(y)]; this.#soon(); }
}

/** Sends whole strokes, in as many messages as it takes. */
export async function send(live, to, where, strokes) {
  for (const m of messages(strokes.map(({ id, tool, color, width, points }) => ({ id, tool, color, width, points })))) await live.command({ t: "ink", to, ...where, ...m });
}
