// The stage: colours, easing and the large sentence whose words glide to make
// room for an adjective. Everything is a function of the time alone, so that
// a film is drawn the same at every making.
export const W = 640, H = 360;

export const C = {
  paper: "#fbf6ec", ink: "#232a4d", accent: "#c23b27", tint: "#f8dfd4",
  sand: "#f1e4cb", dune: "#e6d5b4", sage: "#cfdabb", leaf: "#92ac7f", moss: "#6f8f63",
  sky: "#e2ecec", ochre: "#e7b95c", rose: "#f3c9bd", dusk: "#f5d3c4", blue: "#3f7fae",
  green: "#3f8a57", mist: "#8d93ab", white: "#fffdf8", wood: "#a5805c",
};

export const clamp = (x, a = 0, b = 1) => Math.min(b, Math.max(a, x));
export const lerp = (a, b, p) => a + (b - a) * p;
export const ease = p => (p = clamp(p), p < 0.5 ? 4 * p * p * p : 1 - Math.pow(-2 * p + 2, 3) / 2);
export const settle = p => (p = clamp(p), 1 + 2.2 * Math.pow(p - 1, 3) + 1.2 * Math.pow(p - 1, 2)); // a little past, then home

/** ramp goes from 0 to 1 in `length` seconds from `start`. */
export const ramp = (t, start, length = 0.8) => ease((t - start) / length);

const n = x => Math.round(x * 100) / 100;
const hex = c => [1, 3, 5].map(i => parseInt(c.slice(i, i + 2), 16));

/** mix goes from colour a to colour b. */
export function mix(a, b, p) {
  const A = hex(a), B = hex(b);
  return "#" + A.map((v, i) => Math.round(lerp(v, B[i], clamp(p))).toString(16).padStart(2, "0")).join("");
}

/** g places drawings: x, y, scale, rotation, opacity. */
export function g(inner, { x = 0, y = 0, s = 1, sx = s, sy = s, r = 0, o = 1 } = {}) {
  if (o <= 0.004) return "";
  const turn = r ? ` rotate(${n(r)})` : "", size = sx !== 1 || sy !== 1 ? ` scale(${n(sx)} ${n(sy)})` : "";
  return `<g transform="translate(${n(x)} ${n(y)})${turn}${size}"${o < 0.996 ? ` opacity="${n(o)}"` : ""}>${inner}</g>`;
}

const ruler = document.createElement("canvas").getContext("2d");

/** width measures text as it will be drawn. */
export function width(text, size, weight = 500) {
  ruler.font = `${weight} ${size}px Atkinson`;
  return ruler.measureText(text).width;
}

export function label(text, { x, y, size = 18, weight = 500, fill = C.ink, anchor = "middle", o = 1, spacing = 0 }) {
  if (o <= 0.004) return "";
  return `<text x="${n(x)}" y="${n(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}"` +
    `${spacing ? ` letter-spacing="${spacing}"` : ""}${o < 0.996 ? ` opacity="${n(o)}"` : ""}>${text}</text>`;
}

// layout sets words on one centred line and returns their left edges.
function layout(words, size) {
  const gap = size * 0.3, pad = 8, parts = words.map(w => {
    const stem = width(w.t, size, w.adj ? 700 : 500), end = w.end ? width(w.end, size, 700) + 6 : 0;
    return { ...w, stem, w: stem + end, side: w.adj ? pad : 0 };
  });
  let x = W / 2 - (parts.reduce((sum, p) => sum + p.w + 2 * p.side, 0) + gap * (parts.length - 1)) / 2;
  for (const p of parts) { p.x = x + p.side; x += p.w + 2 * p.side + gap; }
  return new Map(parts.map(p => [p.id ?? p.t, p]));
}

function word(p, x, y, size, o, born, ended = born) {
  let s = "";
  if (p.adj) {
    const grow = settle(born), pad = 9, h = size * 1.16;
    s += `<g transform="translate(${n(p.w / 2)} ${n(-size * 0.33)}) scale(${n(grow)} ${n(grow)})">` +
      `<rect x="${n(-p.w / 2 - pad)}" y="${n(-h / 2)}" width="${n(p.w + 2 * pad)}" height="${n(h)}" rx="${n(h / 3)}" fill="${C.tint}"/></g>`;
  }
  s += label(p.t, { x: 0, y: 0, size, weight: p.adj ? 700 : 500, fill: p.adj ? C.accent : C.ink, anchor: "start" });
  if (p.end) {
    const w = p.w - p.stem - 2, pop = settle((ended - 0.55) / 0.45);
    s += g(`<rect x="${n(-w / 2)}" y="${n(-size * 0.48)}" width="${n(w)}" height="${n(size * 0.96)}" rx="7" fill="${C.accent}"/>` +
      label(p.end, { x: 0, y: size * 0.33, size, weight: 700, fill: C.white }), { x: p.stem + 4 + w / 2, y: -size * 0.33, s: Math.max(0.001, pop) });
  }
  return g(s, { x, y, o });
}

/**
 * sentence draws the line of `states` in force at t; each state is
 * {at, words: [{t, id, adj, end}]}. A word of both states glides, a new one
 * rises into place, one that is gone fades upwards. It returns {svg, at}
 * where at(id) is the middle of a word, for arcs and labels.
 */
export function sentence(t, states, { y = 74, size = 46, o = 1 } = {}) {
  let k = -1;
  while (k + 1 < states.length && t >= states[k + 1].at) k++;
  if (k < 0) return { svg: "", at: () => ({ x: W / 2, y, w: 0 }) };
  const now = layout(states[k].words, size), before = k ? layout(states[k - 1].words, size) : new Map();
  const p = ramp(t, states[k].at, 0.7), spots = new Map();
  let svg = "";
  for (const [id, w] of before) if (!now.has(id)) svg += word(w, w.x, y - 14 * p, size, 1 - clamp(p * 2), 1);
  let order = 0;
  for (const [id, w] of now) {
    const old = before.get(id), late = states[k].at + (old ? 0 : 0.25 + 0.12 * order++);
    const q = old ? 1 : ramp(t, late, 0.55), x = old ? lerp(old.x, w.x, p) : w.x;
    const age = w.adj && !(old && old.adj) ? (t - late) / 0.8 : 1, ended = old && old.end === w.end ? 1 : (t - late) / 0.8;
    svg += word(w, x, y + (old ? 0 : 16 * (1 - q)), size, q, clamp(age), clamp(ended));
    spots.set(id, { x: x + w.w / 2, y, w: w.w });
  }
  return { svg: g(svg, { o }), at: id => spots.get(id) ?? { x: W / 2, y, w: 0 } };
}

/** bow draws a curved arrow under the words, from a to b, as p grows. */
export function bow(a, b, p, { colour = C.accent, drop = 34, top = 18 } = {}) {
  if (p <= 0.01) return "";
  const y = a.y + top, mid = (a.x + b.x) / 2, length = Math.abs(b.x - a.x) * 1.1 + drop * 1.3;
  const d = `M${n(a.x)} ${y} C${n(lerp(a.x, mid, 0.4))} ${y + drop} ${n(lerp(b.x, mid, 0.4))} ${y + drop} ${n(b.x)} ${y + 4}`;
  const head = p > 0.92 ? g(`<path d="M-7 7L0 -1L7 7" fill="none" stroke="${colour}" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/>`,
    { x: b.x, y: y + 4, r: b.x > a.x ? 14 : -14, o: (p - 0.92) / 0.08 }) : "";
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="3.5" stroke-linecap="round" stroke-dasharray="${n(length)}" stroke-dashoffset="${n(length * (1 - p))}"/>` + head;
}

/** tag names a word: small text on a pill under it. */
export function tag(text, spot, p, { colour = C.ink, dy = 40 } = {}) {
  if (p <= 0.01) return "";
  const w = width(text, 18, 600) + 22;
  return g(`<rect x="${n(-w / 2)}" y="-19" width="${n(w)}" height="27" rx="13.5" fill="${colour}"/>` +
    label(text, { x: 0, y: 1, size: 18, weight: 600, fill: C.white }), { x: spot.x, y: spot.y + dy + 8 * (1 - p), o: p });
}
