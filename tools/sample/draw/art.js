// The things of the films: flat shapes, no outline but where a thing waits
// for its colour. Feet or knots are at 0,0; sizes are those of a 640x360 stage.
import { C, g, lerp, mix } from "./stage.js";

const n = x => Math.round(x * 100) / 100;

/** blinks says how open eyes are at t: 1 open, near 0 for a moment now and then. */
export const blinks = (t, every = 3.7, shift = 0) => {
  const u = (t + shift) % every;
  return u < 0.2 ? Math.abs(u - 0.1) / 0.1 * 0.9 + 0.1 : 1;
};

/** cat sits; `tone` 0 leaves it a drawing on paper, 1 fills it with fur. */
export function cat(t, { fur = "#2b2f45", tone = 1, eyes = 1, look = 0, up = 0, asleep = 0, breath = 1, shadow = 1 } = {}) {
  const body = mix(C.white, fur, tone), line = mix(C.ink, fur, tone), soft = mix(C.white, mix(fur, "#ffffff", 0.2), tone);
  const dark = mix(C.white, mix(fur, "#000000", 0.16), tone), pen = `stroke="${line}" stroke-width="${n(lerp(3, 0.6, tone))}" stroke-linejoin="round"`;
  const sway = Math.sin(t * 1.1) * 9, chest = 1 + Math.sin(t * 1.7) * 0.012 * breath, open = Math.max(0.08, eyes * (1 - asleep));
  const tail = `M30 -12 C74 -4 92 -36 ${n(74 + sway)} -66 C${n(70 + sway)} -76 ${n(60 + sway)} -78 ${n(58 + sway)} -68`;
  const eye = (x) => open < 0.2 ? `<path d="M${x - 8} -112q8 7 16 0" fill="none" stroke="${mix(C.ink, luma(fur) < 0.35 ? C.white : C.ink, tone)}" stroke-width="2.6" stroke-linecap="round"/>`
    : `<g transform="translate(${x} -113) scale(1 ${n(open)})"><ellipse rx="8.6" ry="9.4" fill="${C.white}"/><ellipse cx="${n(look * 3)}" cy="${n(-up * 3)}" rx="5.2" ry="6.6" fill="${C.ink}"/><circle cx="${n(look * 3 + 2)}" cy="${n(-up * 3 - 2.6)}" r="1.9" fill="${C.white}"/></g>`;
  const nod = asleep * 5 - up * 2;
  return `<ellipse cx="8" cy="1" rx="62" ry="7" fill="${C.ink}" opacity="${n(0.1 * shadow)}"/>` +
    `<path d="${tail}" fill="none" stroke="${line}" stroke-width="${n(lerp(19, 17.4, tone))}" stroke-linecap="round"/>` +
    `<path d="${tail}" fill="none" stroke="${body}" stroke-width="${n(lerp(13.5, 16.4, tone))}" stroke-linecap="round"/>` +
    g(`<path d="M-40 0C-56 -42 -36 -96 0 -96C36 -96 56 -42 40 0Z" fill="${body}" ${pen}/>` +
      `<path d="M-14 -58c4 -16 24 -16 28 0c2 16 -6 30 -14 36c-8 -6 -16 -20 -14 -36z" fill="${soft}"/>`, { sx: chest, sy: 2 - chest }) +
    `<ellipse cx="-17" cy="-5" rx="16" ry="8.5" fill="${soft}" ${pen}/><ellipse cx="17" cy="-5" rx="16" ry="8.5" fill="${soft}" ${pen}/>` +
    g(`<path d="M-38 -118C-40 -136 -38 -150 -34 -154C-26 -153 -14 -146 -8 -139M38 -118C40 -136 38 -150 34 -154C26 -153 14 -146 8 -139" fill="${body}" ${pen}/>` +
      `<path d="M-33 -126C-34 -137 -33 -144 -31 -147C-26 -145 -20 -141 -17 -138Z M33 -126C34 -137 33 -144 31 -147C26 -145 20 -141 17 -138Z" fill="${mix(C.white, C.rose, 0.35 + tone * 0.65)}" opacity=".85"/>` +
      `<ellipse cx="0" cy="-109" rx="43" ry="34" fill="${body}" ${pen}/>` +
      `<path d="M-10 -142.500q1.5 7 3.5 10M0 -143v11M10 -142.500q-1.5 7 -3.5 10" stroke="${dark}" stroke-width="4" stroke-linecap="round" fill="none" opacity="${n(tone)}"/>` +
      `<ellipse cx="0" cy="-94" rx="17" ry="12" fill="${soft}"/>` + eye(-17) + eye(17) +
      `<path d="M-5 -101h10q-1 6 -5 7q-4 -1 -5 -7z" fill="${C.accent}" opacity=".8"/>` +
      `<path d="M0 -95q-1 6 -8 5M0 -95q1 6 8 5" fill="none" stroke="${mix(C.ink, luma(fur) < 0.35 ? C.white : C.ink, tone)}" stroke-width="1.8" stroke-linecap="round"/>` +
      `<path d="M-24 -97l-26 -5M-24 -92l-25 3M24 -97l26 -5M24 -92l25 3" stroke="${mix(C.ink, luma(fur) < 0.35 ? "#7b8098" : C.ink, tone)}" stroke-width="1.3" stroke-linecap="round" opacity=".6"/>`,
      { y: nod, r: look * 1.5 });
}

const luma = c => (0.3 * parseInt(c.slice(1, 3), 16) + 0.6 * parseInt(c.slice(3, 5), 16) + 0.1 * parseInt(c.slice(5, 7), 16)) / 255;

/** paw is the raised arm of a cat at x, y, of size s, that has its tail to the left; `hand` is where it holds. */
export function paw(x, y, s, fur) {
  const hand = { x: x + 67 * s, y: y - 50 * s };
  return { hand, svg: `<path d="M${n(x + 28 * s)} ${n(y - 48 * s)}Q${n(x + 50 * s)} ${n(y - 33 * s)} ${n(hand.x)} ${n(hand.y)}" fill="none" stroke="${fur}" stroke-width="${n(16 * s)}" stroke-linecap="round"/>` +
    `<circle cx="${n(hand.x)}" cy="${n(hand.y)}" r="${n(9.2 * s)}" fill="${mix(fur, "#ffffff", 0.2)}"/>` };
}

/** balloon with its knot at 0,0. */
export function balloon(t, { colour = C.accent, tone = 1, s = 1 } = {}) {
  const fill = mix(C.white, colour, tone), line = mix(C.ink, colour, tone);
  return g(`<path d="M0 0C-22 -14 -40 -36 -40 -62A40 42 0 0 1 40 -62C40 -36 22 -14 0 0Z" fill="${fill}" stroke="${line}" stroke-width="${n(lerp(3, 0.5, tone))}"/>` +
    `<path d="M-24 -72C-22 -84 -14 -91 -4 -93" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity="${n(0.25 + 0.3 * tone)}"/>` +
    `<path d="M0 -1l-6 8h12z" fill="${fill}" stroke="${line}" stroke-width="${n(lerp(2.4, 0.5, tone))}" stroke-linejoin="round"/>`, { s, r: Math.sin(t * 1.3) * 2.5 });
}

/** string from a hand to a knot. */
export const string = (x1, y1, x2, y2, t) =>
  `<path d="M${n(x1)} ${n(y1)}C${n(x1 + 14 + Math.sin(t * 1.3) * 5)} ${n(lerp(y1, y2, 0.35))} ${n(x2 - 10)} ${n(lerp(y1, y2, 0.65))} ${n(x2)} ${n(y2)}" fill="none" stroke="${C.ink}" stroke-width="2" stroke-linecap="round"/>`;

/** house 150 wide; shutters and door are paper until `shutters` (each 0..1) and `door` fill them. */
export function house({ shutters = [1, 1, 1, 1], door = 1, colour = C.green, roof = C.ink, wall = C.sand, small = false } = {}) {
  const w = small ? 52 : 84, h = small ? 78 : 104, peak = small ? 40 : 52;
  const fill = p => mix(C.white, colour, p), pen = p => `stroke="${mix(C.ink, mix(colour, "#000000", 0.2), p)}" stroke-width="${n(lerp(2.4, 1.6, p))}"`;
  const slats = (x, y, p) => [9, 17, 25, 33].map(d => `<path d="M${x + 4} ${y + d}h10" stroke="${mix(C.ink, "#ffffff", p)}" stroke-width="1.6" opacity=".4"/>`).join("");
  const shutter = (x, y, p) => `<rect x="${x}" y="${y}" width="18" height="42" rx="2.5" fill="${fill(p)}" ${pen(p)}/>` + slats(x, y, p);
  const pane = (x, y) => `<rect x="${x}" y="${y}" width="30" height="42" rx="2" fill="${C.sky}" stroke="${C.ink}" stroke-width="2.2"/><path d="M${x + 15} ${y}v42M${x} ${y + 21}h30" stroke="${C.ink}" stroke-width="1.8"/>`;
  let s = `<ellipse cx="0" cy="1" rx="${w + 14}" ry="7" fill="${C.ink}" opacity=".1"/>`;
  if (!small) s += `<rect x="36" y="${-h - peak}" width="18" height="40" fill="${C.dune}"/><rect x="33" y="${-h - peak - 5}" width="24" height="8" rx="2" fill="${roof}"/>`;
  s += `<rect x="${-w}" y="${-h}" width="${2 * w}" height="${h}" rx="3" fill="${wall}"/><rect x="${-w}" y="${-h}" width="${2 * w}" height="13" fill="${C.dune}" opacity=".8"/>` +
    `<path d="M${-w - 13} ${-h + 3}L0 ${-h - peak}L${w + 13} ${-h + 3}Z" fill="${roof}" stroke="${roof}" stroke-width="7" stroke-linejoin="round"/>`;
  if (small) s += `<circle cx="0" cy="${-h - 8}" r="8" fill="${C.sky}"/>`;
  else s += pane(-55, -88) + pane(25, -88) + shutter(-74, -88, shutters[0]) + shutter(-24.5, -88, shutters[1]) + shutter(6, -88, shutters[2]) + shutter(56, -88, shutters[3]);
  const dx = small ? -17 : -17, dy = small ? -56 : -33;
  if (small) s += `<path d="M${dx} 0v${dy + 15}a17 17 0 0 1 34 0V0z" fill="${fill(door)}" ${pen(door)}/><circle cx="9" cy="-22" r="2.6" fill="${C.ochre}"/>`;
  return s;
}

/** porch is the door of the large house, drawn apart so that it can stand in front. */
export function doorway({ door = 1, colour = C.green } = {}) {
  return `<path d="M-19 0v-52a19 19 0 0 1 38 0V0z" fill="${mix(C.white, colour, door)}" stroke="${mix(C.ink, mix(colour, "#000000", 0.2), door)}" stroke-width="${n(lerp(2.4, 1.6, door))}"/>` +
    `<path d="M-10 -46a10 10 0 0 1 20 0v6h-20z" fill="${C.sky}" opacity=".9"/><circle cx="11" cy="-22" r="2.8" fill="${C.ochre}"/>`;
}

/** bird on its branch; `sing` opens its beak. */
export function bird(t, { colour = C.blue, sing = 0 } = {}) {
  const open = sing * (4 + 4 * Math.sin(t * 9)), bob = Math.sin(t * 2.2) * 1.5, dark = mix(colour, C.ink, 0.35);
  return g(`<path d="M-30 -26L-72 -10L-66 -26L-30 -42Z" fill="${dark}"/>` +
    `<path d="M-4 -6v8M8 -6v8" stroke="${C.ochre}" stroke-width="3.5" stroke-linecap="round"/>` +
    `<path d="M-44 -30C-38 -66 -6 -62 6 -84C16 -100 46 -94 46 -68C46 -34 28 -6 -2 -6C-22 -6 -40 -14 -44 -30Z" fill="${colour}"/>` +
    `<path d="M44 -58C40 -30 22 -8 2 -7C20 -24 22 -44 44 -58Z" fill="${C.white}" opacity=".55"/>` +
    g(`<path d="M0 0C-8 22 -40 24 -52 8C-34 10 -26 -10 0 0Z" fill="${dark}"/>`, { x: 6, y: -40, r: Math.sin(t * 2.2) * 3 }) +
    `<path d="M44 ${n(-76 - open * 0.3)}L64 ${n(-72 - open)}L45 -69Z" fill="${C.ochre}"/><path d="M45 -70L60 ${n(-68 + open * 0.7)}L43 -63Z" fill="${mix(C.ochre, C.ink, 0.15)}"/>` +
    `<g transform="translate(28 -76) scale(1 ${n(blinks(t, 4.1, 1))})"><circle r="6" fill="${C.white}"/><circle cx="1.5" r="3.6" fill="${C.ink}"/></g>`, { y: bob });
}

export const note = () => `<ellipse cx="0" cy="0" rx="6" ry="4.6" transform="rotate(-20)" fill="${C.ink}"/><path d="M5.2 -1.500V-24q10 3 8 14" fill="none" stroke="${C.ink}" stroke-width="2.6" stroke-linecap="round"/>`;

/** land: sky disc, hills and a line of ground. */
export function land(t, { sky = C.paper, sun = C.sand, sunX = 520, sunY = 170, hill = C.sage, clouds = 1 } = {}) {
  const cloud = (x, y, s) => g(`<path d="M-40 0a16 16 0 0 1 10 -28a24 24 0 0 1 44 -4a18 18 0 0 1 26 32z" fill="${C.white}"/>`, { x, y, s, o: 0.9 * clouds });
  return `<rect width="640" height="360" fill="${sky}"/><circle cx="${n(sunX)}" cy="${n(sunY)}" r="92" fill="${sun}"/>` +
    cloud(110 + t * 1.6, 176, 0.9) + cloud(560 - t * 1.2, 150, 0.7) +
    `<path d="M0 286C120 236 240 258 340 282C440 246 560 240 640 272V360H0Z" fill="${mix(hill, sky, 0.45)}"/>` +
    `<path d="M0 306C140 282 300 322 420 304C520 290 590 296 640 304V360H0Z" fill="${hill}"/>`;
}

/** tree with round leaves; foot at 0,0. */
export const tree = (s = 1) => g(`<path d="M-6 0C-3 -30 -4 -50 -2 -70h6c1 20 0 40 4 70z" fill="${C.wood}"/><circle cx="0" cy="-84" r="34" fill="${C.leaf}"/><circle cx="-22" cy="-68" r="22" fill="${C.moss}" opacity=".55"/><circle cx="20" cy="-66" r="20" fill="${C.leaf}"/>`, { s });

export const flower = (colour = C.accent) => `<path d="M0 0C1 -8 0 -14 0 -20" stroke="${C.moss}" stroke-width="2.5" fill="none" stroke-linecap="round"/>` +
  [0, 72, 144, 216, 288].map(a => `<circle cx="${n(5.5 * Math.cos(a * Math.PI / 180))}" cy="${n(-24 + 5.5 * Math.sin(a * Math.PI / 180))}" r="4.2" fill="${colour}"/>`).join("") + `<circle cx="0" cy="-24" r="3.2" fill="${C.ochre}"/>`;
