// Film 1, the part that adjectives play: one cat, and the words that say which.
import { C, W, g, label, lerp, mix, ramp, sentence, settle, tag } from "./stage.js";
import { blinks, cat, flower, land, tree } from "./art.js";
import { title } from "./title.js";

const w = (t, adj) => ({ t, adj });
const FUR = { black: "#2b2f45", ginger: "#d9863b" };

export function draw(t, cue) {
  const [, one, black, small, big, all, close] = cue.map(c => c.at);
  const tone = ramp(t, black + 1.0, 0.9), turn = ramp(t, big + 1.4, 0.9), shrink = ramp(t, small + 0.2, 0.8), grow = ramp(t, big + 0.5, 0.9);
  const size = lerp(lerp(1.05, 0.68, settle(shrink)), 1.32, settle(grow));
  const home = ramp(t, all, 0.8), s = lerp(size, 1.05, home);
  const asleep = 1 - ramp(t, one - 0.2, 0.5);
  let svg = land(t, {}) + g(tree(1.15), { x: 92, y: 312 }) + g(tree(0.8), { x: 572, y: 306 }) +
    [[190, 330], [214, 338], [438, 334], [480, 342]].map(([x, y], i) => g(flower(i % 2 ? C.white : C.rose), { x, y, r: Math.sin(t + i) * 4, s: 0.8 })).join("");
  svg += g(cat(t, { fur: mix(FUR.black, FUR.ginger, turn), tone: t < one ? 0 : tone, eyes: blinks(t), asleep, look: Math.sin(t * 0.6) * 0.6, up: ramp(t, all) * (1 - ramp(t, close)) * 0.7 }), { x: W / 2, y: 332, s });

  const line = sentence(t, [
    { at: one, words: [w("un"), w("chat")] },
    { at: black + 0.6, words: [w("un"), w("chat"), w("noir", 1)] },
    { at: small, words: [w("un"), w("petit", 1), w("chat"), w("noir", 1)] },
    { at: big, words: [w("un"), w("gros", 1), w("chat"), w("roux", 1)] },
    { at: all, words: [w("un"), w("chat")] },
    { at: close, words: [w("adjectifs", 1), w("qualificatifs", 1)] },
  ], { y: 76 });
  svg += line.svg;
  // The four words come back round the cat, each from its own side.
  [["noir", 144, 160, -1], ["petit", 134, 228, -1], ["gros", 496, 160, 1], ["roux", 506, 228, 1]].forEach(([word, x, y, side], i) => {
    const p = ramp(t, all + 0.15 + i * 0.42, 0.6);
    if (p <= 0) return;
    const pill = `<rect x="-52" y="-25" width="104" height="36" rx="12" fill="${C.tint}"/>` + label(word, { x: 0, y: 2, size: 28, weight: 700, fill: C.accent });
    svg += g(pill, { x: x + side * 30 * (1 - p), y: y + Math.sin(t * 1.6 + i) * 3, s: 0.8 + 0.2 * settle(p), o: p });
    svg += g(`<path d="M0 0q${-side * 14} 8 ${-side * 30} 4" fill="none" stroke="${C.accent}" stroke-width="3" stroke-linecap="round" stroke-dasharray="2 7"/>`, { x: x - side * 58, y: y - 4, o: p });
  });
  const n = ramp(t, one + 0.6) * (1 - ramp(t, black + 0.5, 0.4));
  svg += tag("nom", line.at("chat"), n);
  return svg + title(t, one, "1", "Comprendre son rôle");
}
