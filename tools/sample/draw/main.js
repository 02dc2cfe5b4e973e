// What the maker drives: ready, then frame(name, t) draws one picture.
import { W, H } from "./stage.js";
import { draw as film1 } from "./film1.js";
import { draw as film2 } from "./film2.js";
import { draw as film3 } from "./film3.js";
import { draw as film4 } from "./film4.js";
import { draw as sign } from "./sign.js";
import { posters, pictures } from "./plates.js";

const films = { film1, film2, film3, film4 }, stage = document.getElementById("stage");

function show(svg, w = W, h = H) {
  stage.setAttribute("viewBox", `0 0 ${w} ${h}`);
  stage.setAttribute("width", w);
  stage.setAttribute("height", h);
  stage.innerHTML = svg;
}

// talking is how much the figure moves: while the film speaks, softly in and out.
function talking(t, cues) {
  let most = 0;
  for (const c of cues) most = Math.max(most, Math.min(1, (t - c.say + 0.3) / 0.4, (c.end + 0.3 - t) / 0.4));
  return Math.max(0, most);
}

window.frame = (name, t, cues) => {
  if (name === "sign") show(sign(t, talking(t, cues)), 240, 240);
  else if (films[name]) show(films[name](t, cues));
  else show(posters[name]());
  return new Promise(done => requestAnimationFrame(() => done(true)));
};
window.pictures = pictures;
window.ready = Promise.all([400, 500, 600, 700].map(w => document.fonts.load(`${w} 40px Atkinson`))).then(() => true);
