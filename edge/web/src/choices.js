// The choices of a question as every screen draws them: a letter in a shape of
// its own, so that no colour is needed to tell them apart.

const SHAPES = [
  "M12 2 22.5 21H1.5Z", // triangle
  "M12 1.5 22.5 12 12 22.5 1.5 12Z", // diamond
  "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z", // disc
  "M3 3h18v18H3Z", // square
  "M6.5 2.5h11L23 12l-5.5 9.5h-11L1 12Z", // hexagon
  "M8 2h8v6h6v8h-6v6H8v-6H2V8h6Z", // cross
  "M12 1.5 22.8 9.6 18.7 22H5.3L1.2 9.6Z", // pentagon
  "M2 5a3 3 0 0 1 3-3h14a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H12L2 22Z", // drop
];
const SVG = "http://www.w3.org/2000/svg";

/** A, B, C… */
export const letter = (i) => String.fromCharCode(65 + i);

/** What a choice says beside its letter; it may say nothing. */
export const labelOf = (q, i, w) => (q.kind === "truefalse" ? (i === 0 ? w.true : w.false) : q.choices?.[i] ?? "");

/** How many choices a question has. */
export const countOf = (q) => (q.kind === "truefalse" ? 2 : q.choices?.length ?? 0);

/** Whether it is answered in one's own words or figures. */
export const isWritten = (q) => q.kind === "number" || q.kind === "text";

/** A number or a text as it is written here. */
export const said = (value) => (typeof value === "number" ? value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 9 }) : String(value));

/** An answer as people read it. */
export const written = (q, value, w) =>
  Array.isArray(value) ? value.map((i) => (q.kind === "truefalse" ? labelOf(q, i, w) : letter(i))).join(", ") : said(value);

/** How many of how many have answered. */
export const answered = (t, w) => (new Intl.PluralRules(document.documentElement.lang).select(t.answered) === "one" ? w.single : w.many).replace("%d", t.answered).replace("%d", Math.max(t.of, t.answered));

/** The letter in its shape; a tick and a cross for true and false. */
export function figure(i, truth = false) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "figure-shape");
  svg.setAttribute("focusable", "false");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", SHAPES[truth ? (i === 0 ? 2 : 3) : i] ?? SHAPES[3]);
  svg.append(shape);
  if (truth) {
    const sign = document.createElementNS(SVG, "path");
    sign.setAttribute("class", "figure-sign");
    sign.setAttribute("d", i === 0 ? "M7 12.5 10.5 16 17 8.5" : "M8 8 16 16M16 8 8 16");
    svg.append(sign);
  }
  const box = document.createElement("span");
  box.className = "figure";
  box.append(svg);
  if (!truth) {
    const name = document.createElement("span");
    name.className = "figure-letter";
    name.textContent = letter(i);
    box.append(name);
  }
  return box;
}
