// Film 4, functions: beside its noun, or joined to it by a verb.
import { C, W, g, label, lerp, mix, ramp, sentence, bow, tag } from "./stage.js";
import { bird, blinks, cat, flower, land, note, tree } from "./art.js";
import { title } from "./title.js";

export function draw(t, cue) {
  const [, sings, epithet, is, attribute, dusk, verbs, end] = cue.map(c => c.at);
  const evening = ramp(t, dusk + 0.4, 2.2), singing = ramp(t, sings, 0.4) * (1 - ramp(t, epithet - 0.2, 0.5));
  const sleep = ramp(t, end + 1.5, 1.2);
  let svg = land(t, { sky: mix(C.paper, "#f7cfc6", evening), sun: mix(C.sand, "#f4b08f", evening), sunX: 130, sunY: lerp(190, 262, evening), hill: mix(C.sage, "#bfc3ad", evening), clouds: 1 - evening * 0.35 });
  svg += [[200, 332], [230, 342], [600, 336]].map(([x, y], i) => g(flower(i % 2 ? C.white : C.rose), { x, y, r: Math.sin(t + i) * 4, s: 0.8 })).join("");
  // A bough from the right, with leaves, holds the bird.
  const leaf = (x, y, r) => `<path transform="translate(${x} ${y}) rotate(${r + Math.sin(t * 1.2 + x) * 4})" d="M0 0C10 -14 30 -14 40 0C30 12 10 12 0 0Z" fill="${x % 3 ? C.leaf : C.moss}"/>`;
  svg += `<path d="M660 278C560 262 480 278 386 270" fill="none" stroke="${C.wood}" stroke-width="13" stroke-linecap="round"/><path d="M540 268C528 254 528 240 520 228" fill="none" stroke="${C.wood}" stroke-width="6" stroke-linecap="round"/>` +
    leaf(520, 230, 225) + leaf(522, 230, 290) + leaf(386, 270, 170) + leaf(392, 274, 120) + leaf(572, 266, -60) + leaf(600, 272, 30) + leaf(622, 262, -50) + leaf(540, 274, 60);
  svg += g(bird(t, { sing: singing }), { x: 462, y: 262, sx: -0.82, sy: 0.82 });
  if (singing > 0) for (let i = 0; i < 3; i++) {
    const u = ((t - sings) * 0.45 + i / 3) % 1;
    svg += g(note(), { x: 392 - u * 70 + Math.sin(u * 9 + i) * 8, y: 196 - u * 50, s: 0.95, o: singing * Math.sin(u * Math.PI) });
  }
  svg += g(cat(t, { fur: "#d9863b", eyes: blinks(t), look: 0.8, up: 0.9 * (1 - sleep), asleep: sleep }), { x: 150, y: 338, s: 0.74 });

  const w = (text, adj) => ({ t: text, adj });
  const line = sentence(t, [
    { at: sings, words: [w("L’oiseau"), w("bleu", 1), w("chante")] },
    { at: is, words: [w("L’oiseau"), w("est"), w("bleu", 1)] },
    { at: dusk, words: [w("Le"), w("ciel"), w("devient"), w("rose", 1)] },
    { at: end, words: [] },
  ], { y: 76 });
  svg += line.svg;
  const near = (start, stop) => ramp(t, start, 0.8) * (1 - ramp(t, stop - 0.1, 0.4));
  const a = near(epithet + 0.3, is), b = near(attribute + 0.2, dusk), c = near(dusk + 1.6, verbs + 4), o = { colour: C.accent };
  svg += bow(line.at("bleu"), line.at("L’oiseau"), t < is ? a : 0) + tag("épithète", line.at("bleu"), t < is ? a : 0, { ...o, dy: 74 });
  if (t >= is && t < dusk) svg += tag("verbe", line.at("est"), b, { dy: 40 }) + bow(line.at("bleu"), line.at("L’oiseau"), near(attribute + 0.9, dusk), { drop: 52 }) + tag("attribut du sujet", line.at("est"), near(attribute + 1.6, dusk), { ...o, dy: 88 });
  if (t >= dusk && t < end) svg += tag("attribut du sujet", line.at("rose"), near(dusk + 1.6, end), { ...o, dy: 42 });
  ["sembler", "paraître", "devenir", "rester"].forEach((v, i) => { svg += tag(v, { x: 92 + i * 96, y: 118 }, near(verbs + 0.1 + i * 0.62, end), { dy: 40 }); });
  // The two functions side by side, to leave with.
  const row = (text, fn, y, p) => g(`<rect x="-230" y="-32" width="460" height="46" rx="16" fill="${C.white}" opacity=".92"/>` + label(text, { x: -212, y: 0, size: 27, weight: 500, anchor: "start" }) + label(fn, { x: 212, y: 0, size: 27, weight: 700, fill: C.accent, anchor: "end" }), { x: W / 2, y: y + 14 * (1 - p), o: p });
  svg += row("à côté du nom", "épithète", 62, ramp(t, end + 0.3)) + row("après un verbe d’état", "attribut", 120, ramp(t, end + 2));
  return svg + title(t, sings, "4", "Connaître ses fonctions");
}
