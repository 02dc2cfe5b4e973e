// Questions and timers are rare on a tablet: what shows them is brought when
// the first one comes.

/** flash(live, root, busy): root holds <p-question> and <p-timer>; busy() says
 *  that the pupil is at something. */
export function flash(live, root, busy) {
  const bring = (name, wanted, load) => {
    let here = false;
    const look = async () => {
      if (here || !wanted()) return;
      here = true;
      try {
        await load();
        root.querySelector(name).follow(live, busy);
      } catch { here = false; } // the line broke; the next word of the box tries again
    };
    for (const event of ["welcome", name.slice(2)]) live.addEventListener(event, look);
    look();
  };
  const waiting = () => { try { return !!sessionStorage.getItem("preau.answer"); } catch { return false; } };
  bring("p-question", () => live.question || waiting(), () => import("./p-question.js"));
  bring("p-timer", () => live.timer, () => import("./p-timer.js"));
}
