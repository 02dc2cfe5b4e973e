// What the parts of the remote share: the line to the box, who is here, what
// is open where, and for whom the next thing opens.

/** True for what plays by itself. */
export const isFilm = (kind) => kind === "video" || kind === "audio";

/** A place in a film, of seconds: 12:05. */
export const clockText = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

/** A number put where a counted word has one. */
export const counted = (words, n) => words.replace(/\d+/, n);

/**
 * Regie dispatches "members" (presence), "screens" (stages, own ones too),
 * "aim" (for whom) and "view" (which panel).
 */
export class Regie extends EventTarget {
  members = new Map();
  aim = { to: "all" };
  #groups; #kept;
  #say; #items = new Map(); #opened = new Map(); #room;

  constructor(live, words, say, names) {
    super();
    Object.assign(this, { live, names, words });
    this.#say = say;
    this.#room = words.room;
    this.#kept = "preau.groups." + words.room;
    try { this.#groups = JSON.parse(sessionStorage.getItem(this.#kept)) ?? []; } catch { this.#groups = []; }
    live.addEventListener("ended", () => this.forget());
    live.addEventListener("presence", (e) => this.#presence(e.detail));
    for (const event of ["stage", "welcome", "ended"]) live.addEventListener(event, () => this.emit("screens"));
  }

  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  name(person) { return this.members.get(person)?.name || this.names.get(person) || ""; }

  /** Sends a command, says what went wrong; true when the box has it. */
  async do(command, saying = {}) {
    try {
      await this.live.command(command);
      this.#say("");
      return true;
    } catch (err) {
      const { words } = this;
      this.#say(saying[err.kind] ?? (err.kind === "offline" ? this.#away(err) : err.kind === "not-found" || err.kind === "unavailable" ? words.missing : words.refused), true);
      return false;
    }
  }

  #away(err) { return this.live.over ? this.words.over : err.sent ? this.words.unsure : this.words.offline; }

  /** Groups of the lesson, {label, for: [person]}. A reload keeps them, its end does not. */
  get groups() { return this.#groups; }

  group(label, people) {
    this.#groups.push({ label, for: people });
    try { sessionStorage.setItem(this.#kept, JSON.stringify(this.#groups)); } catch { /* for this page only */ }
    this.emit("groups");
  }

  forget() { try { sessionStorage.removeItem(this.#kept); } catch { /* nothing was kept */ } }

  say(text, bad) { this.#say(text, bad); }

  setAim(aim) {
    this.aim = aim;
    this.emit("aim");
  }

  /** Opens an item for whom was chosen, or for `aim`. */
  async open(item, extra = {}, aim = this.aim) {
    this.know(item);
    const target = { to: aim.to, ...(aim.for ? { for: aim.for } : {}) };
    const message = { t: "open", ...target, item: item.id, position: 0, playing: isFilm(item.kind), ...(item.paged ? { page: 1 } : {}), ...extra };
    const before = new Map(this.#opened);
    for (const person of aim.for ?? []) this.#opened.set(person, { ...message, at: this.live.now(), rate: 1, kind: item.kind, title: item.title });
    if (await this.do(message)) return this.emit("screens");
    this.#opened = before;
  }

  /** What is known of an item: from this page, or asked from the box. */
  item(id) {
    if (!this.#items.has(id)) {
      const asked = fetch(`/prof/classe/${this.#room}/ressource?id=${encodeURIComponent(id)}`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : null)).catch(() => null)
        .then((item) => { if (!item) this.#items.delete(id); return item; });
      this.#items.set(id, asked);
    }
    return this.#items.get(id);
  }

  /** Tells what an item is, once it was met on the page. */
  know(item) { if (item.kind && !item.paged && !this.#items.has(item.id)) this.#items.set(item.id, Promise.resolve(item)); }

  /** Lists what is on screens: {key, to, for?, stage}. */
  channels() {
    const { boards, pupils } = this.live.stages, list = [];
    if (boards && boards.launch === pupils?.launch) list.push({ key: "all", to: "all", stage: boards });
    else {
      if (boards) list.push({ key: "boards", to: "boards", stage: boards });
      if (pupils) list.push({ key: "pupils", to: "pupils", stage: pupils });
    }
    const own = new Map();
    for (const m of this.members.values()) {
      if (m.stage) own.set(m.stage, [...(own.get(m.stage) ?? []), m]);
    }
    for (const [launch, members] of own) list.push({ key: launch, to: "pupils", for: members.map((m) => m.id), stage: this.#own(launch, members) });
    return list;
  }

  // A pupil's own stage is told to its tablet alone: here it is what this
  // remote opened, or what the tablets say they show.
  #own(launch, members) {
    const first = members[0], opened = this.#opened.get(first.id);
    if (opened && (!first.item || first.item === opened.item)) return { ...opened, launch };
    const told = members.find((m) => m.item) ?? first;
    return { launch, item: told.item ?? "", position: told.position ?? 0, playing: !!told.playing, rate: 1, at: told.seen };
  }

  /** Commands one channel; what only tablets know of is changed here too. */
  async control(channel, command) {
    const target = { to: channel.to, ...(channel.for ? { for: channel.for } : {}) };
    if (!(await this.do({ ...command, ...target })) || !channel.for) return;
    for (const person of channel.for) {
      const old = this.#opened.get(person);
      if (!old) continue;
      if (command.t === "close") { this.#opened.delete(person); continue; }
      const next = { ...old, position: command.position ?? this.live.position(old), at: this.live.now() };
      if (command.t === "play") next.playing = true;
      if (command.t === "pause") next.playing = false;
      if (command.t === "rate") next.rate = command.rate;
      if (command.t === "seek" && old.page) next.page = command.position;
      this.#opened.set(person, next);
    }
    this.emit("screens");
  }

  #presence(m) {
    if (m.full) this.members.clear();
    let own = false;
    for (const member of m.members) {
      own ||= !!(member.stage || this.members.get(member.id)?.stage);
      this.members.set(member.id, member);
    }
    this.emit("members");
    if (own || m.full) this.emit("screens");
  }
}
