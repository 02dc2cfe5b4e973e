// Film 2, where adjectives stand: before the noun, after it, or both.
import { C, g, ramp, sentence, settle, tag } from "./stage.js";
import { balloon, blinks, cat, flower, land, paw, string, tree } from "./art.js";
import { title } from "./title.js";

const w = (t, adj) => ({ t, adj });

export function draw(t, cue) {
  const [, one, red, tall, both, drop, less, end] = cue.map(c => c.at);
  const tone = ramp(t, red + 0.5) * (1 - ramp(t, tall, 0.5)) + ramp(t, both + 0.4) * (1 - ramp(t, drop + 1.2));
  const last = ramp(t, end + 0.3);
  const size = 0.72 + 0.4 * settle(ramp(t, tall + 0.3)) - 0.4 * ramp(t, drop + 1.2) + 0.38 * settle(last);
  const fly = ramp(t, both + 1.2, 1.8) * (1 - ramp(t, drop + 0.6, 1.8)), drift = Math.sin(t * 0.9) * 6;
  const x = 252, y = 336 - 40 * fly + Math.sin(t * 1.8) * 3 * fly, knot = { x: x + 128 + drift, y: 250 - 6 * fly + 4 * Math.sin(t * 1.3) };
  let svg = land(t, { sunX: 150, sunY: 190 }) + g(tree(1.2), { x: 566, y: 312 }) +
    [[96, 330], [126, 340], [520, 338]].map(([fx, fy], i) => g(flower(i % 2 ? C.white : C.rose), { x: fx, y: fy, r: Math.sin(t + i) * 4, s: 0.8 })).join("");
  const arm = paw(x, y, 0.92, "#d9863b");
  svg += string(arm.hand.x, arm.hand.y, knot.x, knot.y, t) + g(balloon(t, { tone: Math.max(tone, last), s: size }), knot);
  svg += g(cat(t, { fur: "#d9863b", eyes: blinks(t), look: -0.9, up: 0.5 + 0.4 * fly, shadow: 1 - fly }), { x, y, sx: -0.92, sy: 0.92, r: 3 * fly });
  svg += arm.svg;

  const line = sentence(t, [
    { at: one, words: [w("un"), w("ballon")] },
    { at: red, words: [w("un"), w("ballon"), w("rouge", 1)] },
    { at: tall, words: [w("un"), w("grand", 1), w("ballon")] },
    { at: both, words: [w("un"), w("grand", 1), w("ballon"), w("rouge", 1)] },
    { at: drop + 0.9, words: [w("un"), w("ballon")] },
    { at: end, words: [w("un"), w("grand", 1), w("ballon"), w("rouge", 1)] },
  ], { y: 76 });
  svg += line.svg;
  const near = (start, stop) => ramp(t, start, 0.7) * (1 - ramp(t, stop - 0.1, 0.4));
  svg += tag("nom", line.at("ballon"), near(one + 0.6, red));
  svg += tag("après", line.at("rouge"), near(red + 1.6, tall), { colour: C.accent });
  svg += tag("avant", line.at("grand"), near(tall + 1.6, both), { colour: C.accent });
  svg += tag("avant", line.at("grand"), near(both + 1.5, drop), { colour: C.accent }) + tag("après", line.at("rouge"), near(both + 2.1, drop), { colour: C.accent });
  svg += tag("avant", line.at("grand"), ramp(t, end + 1), { colour: C.accent }) + tag("nom", line.at("ballon"), ramp(t, end + 0.7)) + tag("après", line.at("rouge"), ramp(t, end + 1.4), { colour: C.accent });
  return svg + title(t, one, "2", "Repérer sa place");
}
