// The sign-language placeholder: a figure whose hands move gently, and a
// label that no one can miss. It signs nothing and must not be taken for it.
import { C, g, label, mix } from "./stage.js";

const n = x => Math.round(x * 100) / 100;

// arm has its elbow at the side of the body; the forearm swings to the hand.
function arm(sx, sy, hx, hy, side, sleeve, skin) {
  const ex = sx - side * 13, ey = sy + 33, d = Math.hypot(hx - ex, hy - ey), reach = Math.min(60, Math.max(42, d)) / d;
  hx = ex + (hx - ex) * reach;
  hy = ey + (hy - ey) * reach;
  return `<path d="M${n(sx)} ${n(sy)}L${n(ex)} ${n(ey)}L${n(hx)} ${n(hy)}" fill="none" stroke="${sleeve}" stroke-width="19" stroke-linecap="round" stroke-linejoin="round"/>` +
    g(hand(side, skin), { x: hx, y: hy, r: Math.atan2(hy - ey, hx - ex) * 180 / Math.PI + 90 });
}

const hand = (side, skin) => `<g fill="${mix(skin, C.white, 0.2)}" stroke="${mix(skin, C.white, 0.2)}" stroke-linecap="round"><rect x="-9" y="-20" width="18" height="22" rx="8" stroke="none"/>` +
  `<path d="M-6 -16L-8 -30M-1.5 -18L-2 -34M3 -18L4 -33M7 -15L9.5 -28" stroke-width="4.6"/><path d="M${side * 8} -8L${side * 15} -16" stroke-width="5"/></g>`;

export function draw(t, talk) {
  const skin = "#c98f6b", sleeve = C.blue, hair = "#3a2c2a", k = talk;
  const sway = Math.sin(t * 0.8) * 2, blink = t % 3.9 < 0.16 ? 0.12 : 1;
  const left = { x: 108 - k * (18 + 16 * Math.sin(t * 1.7)), y: 182 - k * (36 + 16 * Math.sin(t * 2.1)) };
  const right = { x: 132 + k * (20 + 16 * Math.sin(t * 1.9 + 1)), y: 182 - k * (36 + 16 * Math.sin(t * 1.7 + 2)) };
  const svg = `<rect width="240" height="240" fill="${C.sky}"/><circle cx="120" cy="104" r="92" fill="${C.paper}"/>` +
    g(`<path d="M62 230C58 168 72 138 120 136C168 138 182 168 178 230Z" fill="${C.blue}"/>` +
      `<path d="M106 118h28v18a14 14 0 0 1 -28 0z" fill="#b57d5b"/>` +
      `<path d="M78 84C74 30 166 30 162 84C166 108 160 118 154 122L86 122C80 118 74 108 78 84Z" fill="${hair}"/>` +
      `<ellipse cx="120" cy="88" rx="33" ry="39" fill="${skin}"/><path d="M84 88C80 42 104 40 120 40C136 40 160 42 156 88C150 66 132 68 118 66C104 66 92 70 86 84Z" fill="${hair}"/>` +
      [-13, 13].map(x => `<g transform="translate(${120 + x} 88) scale(1 ${blink})"><ellipse rx="3.6" ry="4.6" fill="${C.ink}"/></g><path d="M${113 + x} ${n(77 - 2 * k * Math.abs(Math.sin(t * 1.3)))}q7 -4 14 0" fill="none" stroke="${hair}" stroke-width="2.6" stroke-linecap="round"/>`).join("") +
      `<path d="M120 92q-3 8 1 9" fill="none" stroke="#a9714f" stroke-width="2" stroke-linecap="round"/><path d="M110 110q10 8 20 0" fill="none" stroke="#8c3b32" stroke-width="3" stroke-linecap="round"/>`, { x: sway }) +
    arm(78 + sway, 154, left.x + sway, left.y, 1, "#35709c", skin) + arm(162 + sway, 154, right.x + sway, right.y, -1, "#35709c", skin) +
    `<rect y="194" width="240" height="46" fill="${C.ink}"/>` + label("LSF – exemple", { x: 120, y: 213, size: 17, weight: 700, fill: C.white }) +
    label("pas une vraie traduction", { x: 120, y: 232, size: 16, weight: 500, fill: C.white });
  return svg;
}
