// The chalk: who stands at the board writes over what it shows, while the
// teacher lets it. Its tools lie in the lower half, for small arms.
import { inkOver } from "../../../web/src/p-ink.js";
import { Pen } from "../../../web/src/ink/pen.js";
import { tools } from "../../../web/src/ink/tools.js";

/** Brings the chalk of a board to life. */
export function chalk(board, live) {
  const box = board.querySelector("[data-chalk]"), button = box.querySelector("[data-write]"), bar = box.querySelector("[data-ink-tools]");
  let pen = null, untie = null, launch = "";
  const stop = () => {
    pen?.stop();
    untie?.();
    pen = untie = null;
    bar.hidden = true;
    button.setAttribute("aria-pressed", "false");
  };
  const start = () => {
    const scene = board.querySelector(".scene");
    if (!scene) return;
    const sheet = scene.querySelector("p-ink") ?? inkOver(live, scene, "boards", () => live.stages.boards);
    pen = new Pen(sheet);
    untie = tools(bar, pen, () => {});
    bar.hidden = false;
    button.setAttribute("aria-pressed", "true");
  };
  const follow = () => {
    const stage = live.chalk && live.stages.boards;
    box.hidden = !stage;
    if (!stage || stage.launch !== launch) stop();
    launch = stage ? stage.launch : "";
  };
  button.addEventListener("click", () => (pen ? stop() : start()));
  for (const type of ["chalk", "stage", "welcome", "ended"]) live.addEventListener(type, follow);
  stop();
  follow();
}
