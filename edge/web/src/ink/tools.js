// The bar one draws with: what is pressed there, a pen does.

const COLORS = { yellow: "#ffd400", red: "#e5231b", green: "#1fa644", blue: "#1f6fff", white: "#ffffff", black: "#111827" };

/** Ties a bar to a pen; say is told what could not be kept. Returns a function that unties it. */
export function tools(bar, pen, say) {
  const off = new AbortController();
  const press = (kind, chosen) => { for (const b of bar.querySelectorAll(`[data-ink-${kind}]`)) b.setAttribute("aria-pressed", String(b === chosen)); };
  const changed = () => { bar.querySelector("[data-ink-do=undo]").disabled = !pen.canUndo; };
  const chosen = (kind) => bar.querySelector(`[data-ink-${kind}][aria-pressed=true]`);
  pen.tool = chosen("tool").dataset.inkTool;
  pen.color = COLORS[chosen("color").dataset.inkColor];
  pen.changed = changed;
  changed();
  bar.addEventListener("click", (e) => {
    const b = e.target.closest("button"), d = b?.dataset ?? {};
    if (d.inkTool) { pen.tool = d.inkTool; press("tool", b); }
    else if (d.inkColor) {
      pen.color = COLORS[d.inkColor];
      press("color", b);
      if (pen.tool === "rub" || pen.tool === "point") bar.querySelector("[data-ink-tool=pen]").click(); // who takes a colour wants to write
    } else if (d.inkDo) pen[d.inkDo]().catch(say).finally(changed);
  }, { signal: off.signal });
  // Arrows go along the bar; Tab leaves it.
  bar.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const all = [...bar.querySelectorAll("button:not(:disabled)")], i = all.indexOf(document.activeElement);
    if (i < 0) return;
    e.preventDefault();
    all[(i + step + all.length) % all.length].focus();
  }, { signal: off.signal });
  return () => off.abort();
}
