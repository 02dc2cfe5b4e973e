// <p-regie-scene>: what is on the screens, and its keys: a film's, a
// document's pages, the steps of a slide show. When the board, the tablets or
// some pupils show different things, one is chosen first.
import { pageOf } from "../../../web/src/ink/layers.js";
import { clockText, counted, isFilm } from "./regie.js";
import { leaves, mark } from "./feuilles.js";

const STEP_S = 10;

class RegieScene extends HTMLElement {
  #regie; #w = this.dataset; #key = ""; #item = null; #tick = 0; #plans = new Map(); #launch = "";

  follow(regie) {
    this.#regie = regie;
    regie.addEventListener("screens", () => this.#paint());
    this.addEventListener("click", (e) => this.#click(e.target.closest("[data-do], [data-channel]")));
    this.#$("[data-seek]").addEventListener("change", (e) => this.#send({ t: "seek", position: Number(e.target.value) }));
    this.#tick = setInterval(() => this.#clock(), 500);
    this.#paint();
  }

  disconnectedCallback() { clearInterval(this.#tick); }

  #$(sel) { return this.querySelector(sel); }

  get #channel() {
    const all = this.#regie.channels();
    return all.find((c) => c.key === this.#key) ?? all[0];
  }

  #send(command) {
    const channel = this.#channel;
    if (channel) return this.#regie.control(channel, command);
  }

  #click(button) {
    if (!button) return;
    if (button.dataset.channel) { this.#key = button.dataset.channel; return this.#paint(); }
    const stage = this.#channel?.stage;
    if (!stage) return;
    switch (button.dataset.do) {
      case "toggle": return this.#send({ t: stage.playing ? "pause" : "play", position: this.#at(stage) });
      case "back": return this.#send({ t: "seek", position: Math.max(0, this.#at(stage) - STEP_S) });
      case "forward": return this.#send({ t: "seek", position: Math.min(this.#length, this.#at(stage) + STEP_S) });
      case "rate": return this.#send({ t: "rate", rate: Number(button.value) });
      case "page-back": return this.#send({ t: "seek", position: Math.max(1, pageOf(stage) - 1) });
      case "leaf": return this.#send({ t: "seek", position: Number(button.value) });
      case "page-on": return this.#send({ t: "seek", position: pageOf(stage) + 1 });
      case "step-back": return this.#step(stage, -1);
      case "step-on": return this.#step(stage, 1);
      case "close": return this.#send({ t: "close" });
    }
  }

  get #length() { return this.#item?.duration || Infinity; }

  // A film stands at its end when the class has been past it for a while.
  #at(stage) { return Math.min(this.#regie.live.position(stage), this.#length); }

  /** Starts a slide show, or shows that it is gone. */
  async present(plan, missing) {
    const show = await this.#show(plan);
    if (!show?.steps.length) return this.#regie.say(missing, true);
    await this.#open(plan, show, 1, this.#regie.aim);
  }

  #show(plan) {
    if (!this.#plans.has(plan)) {
      const asked = fetch(`/prof/classe/${this.#regie.words.room}/diaporama/${encodeURIComponent(plan)}`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : null)).catch(() => null)
        .then((show) => { if (!show) this.#plans.delete(plan); return show; });
      this.#plans.set(plan, asked);
    }
    return this.#plans.get(plan);
  }

  #open(plan, show, step, aim) { return this.#regie.open(show.steps[step - 1], { plan, step, of: show.steps.length }, aim); }

  async #step(stage, by) {
    const channel = this.#channel, show = await this.#show(stage.plan), step = stage.step + by;
    if (show?.steps[step - 1]) await this.#open(stage.plan, show, step, channel);
  }

  #whose(channel) {
    if (!channel.for) return this.#w["to" + channel.to];
    const group = this.#regie.groups.find((g) => g.for.length === channel.for.length && g.for.every((p) => channel.for.includes(p)));
    return group?.label ?? (channel.for.length === 1 ? this.#regie.name(channel.for[0]) : counted(this.#w.several, channel.for.length));
  }

  async #paint() {
    const channels = this.#regie.channels();
    const channel = channels.find((c) => c.key === this.#key) ?? channels[0];
    const held = this.contains(document.activeElement);
    this.hidden = !channel;
    if (held && !channel) this.#regie.emit("view", this.closest("p-classe").dataset.view);
    this.closest("p-classe").toggleAttribute("onstage", !!channel);
    this.#tabs(channels, channel);
    if (!channel) { this.#item = null; this.#launch = ""; return; }
    const { stage } = channel;
    this.#launch = stage.launch;
    if (this.#item?.id !== stage.item) this.#item = null;
    this.#dress(channel);
    const item = stage.item ? await this.#regie.item(stage.item) : null;
    if (this.#launch !== stage.launch) return;
    this.#item = item;
    this.#dress(this.#channel ?? channel);
    if (stage.plan) this.#following(stage);
  }

  #dress(channel) {
    const { stage } = channel, kind = stage.kind || this.#item?.kind;
    const fits = { film: isFilm(kind), pages: !isFilm(kind) && stage.pages !== 1 && !!(this.#item?.paged || stage.page), slides: !!stage.plan };
    for (const el of this.querySelectorAll("[data-for]")) el.hidden = !fits[el.dataset.for];
    this.#text("[data-title]", stage.title || this.#item?.title || stage.item);
    this.#text("[data-whose]", this.#whose(channel));
    const pages = this.#item?.pages || stage.pages || 0, list = this.#$("[data-leaves]");
    leaves(list, this.#item, this.#w.page);
    mark(list, pageOf(stage));
    list.closest("details").hidden = !fits.pages || list.childElementCount < 2;
    this.#text("[data-leafname]", this.#item?.titles?.[pageOf(stage) - 1] ?? "");
    this.#text("[data-pageno]", pages ? this.#w.pageof.replace("%d", pageOf(stage)).replace("%n", pages) : this.#w.page.replace("%d", pageOf(stage)));
    this.#$("[data-do=page-on]").disabled = pages > 0 && pageOf(stage) >= pages;
    this.#$("[data-do=page-back]").disabled = pageOf(stage) <= 1;
    this.#text("[data-count]", stage.plan ? this.#w.step.replace("%d", stage.step).replace("%n", stage.of) : "");
    this.#$("[data-do=step-back]").disabled = !(stage.step > 1);
    this.#$("[data-do=step-on]").disabled = !(stage.step < stage.of);
    const toggle = this.#$("[data-do=toggle]");
    toggle.dataset.playing = stage.playing;
    this.#text("[data-label]", stage.playing ? this.#w.pause : this.#w.play);
    for (const b of this.querySelectorAll("[data-do=rate]")) b.setAttribute("aria-pressed", String(Number(b.value) === (stage.rate || 1)));
    this.#clock();
  }

  async #following(stage) {
    const show = await this.#show(stage.plan);
    if (this.#launch !== stage.launch || !show) return;
    const next = show.steps[stage.step];
    this.#text("[data-following]", next ? this.#w.next.replace("%s", next.title || next.id) : this.#w.last);
  }

  #tabs(channels, current) {
    const box = this.#$("[data-channels]");
    box.hidden = channels.length < 2;
    const key = channels.map((c) => c.key + (c === current)).join(" ");
    if (box.dataset.drawn === key) return;
    box.dataset.drawn = key;
    const had = box.contains(document.activeElement) && document.activeElement.dataset.channel;
    box.replaceChildren(...channels.map((c) => {
      const b = document.createElement("button");
      b.type = "button";
      b.dataset.channel = c.key;
      b.textContent = this.#whose(c);
      b.setAttribute("aria-pressed", String(c === current));
      return b;
    }));
    if (had) [...box.children].find((b) => b.dataset.channel === had)?.focus();
  }

  #clock() {
    const stage = this.#regie && this.#channel?.stage;
    if (!stage) return;
    const length = this.#item?.duration || 0, at = this.#at(stage), seek = this.#$("[data-seek]");
    if (document.activeElement !== seek) {
      seek.max = length || 3600;
      seek.value = at;
      seek.setAttribute("aria-valuetext", clockText(at));
    }
    this.#text("[data-clock]", clockText(at) + (length ? " / " + clockText(length) : ""));
  }

  #text(sel, text) {
    const el = this.#$(sel);
    if (el.textContent !== text) el.textContent = text;
  }
}

customElements.define("p-regie-scene", RegieScene);
