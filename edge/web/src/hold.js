// What a page was doing when the class called for it: stopped, noted, and
// given back as it was, to the second, the field and the line.

/**
 * hold stops all that runs outside of root, makes the rest of the page inert,
 * and notes where the pupil was. The function it returns gives all back; with
 * {play: false} films stay paused. Its running() says that some of them wait.
 */
export function hold(root) {
  const running = [...document.querySelectorAll("video, audio")].filter((m) => !root.contains(m) && !m.paused);
  const places = running.map((m) => m.currentTime);
  running.forEach((m) => m.pause());
  const field = document.activeElement, from = field?.selectionStart, to = field?.selectionEnd, way = field?.selectionDirection;
  const left = scrollX, top = scrollY;
  const thaw = freeze(root);
  field?.blur?.(); // browsers do so too, a little later
  const back = ({ play = true } = {}) => {
    thaw();
    scrollTo({ left, top, behavior: "instant" });
    if (field && field !== document.body && field.isConnected) {
      field.focus({ preventScroll: true });
      if (typeof from === "number") field.setSelectionRange(from, to, way);
    }
    running.forEach((m, i) => {
      if (!m.isConnected) return;
      if (Math.abs(m.currentTime - places[i]) > 0.3) m.currentTime = places[i];
      if (play) m.play().catch(() => {}); // without a tap the button waits
    });
  };
  back.running = () => running.some((m) => m.isConnected);
  return back;
}

// Everything beside the way from root to the body is inert, but what speaks to
// screen readers; what was inert before stays so after.
function freeze(root) {
  const frozen = [];
  for (let el = root; el.parentElement && el !== document.body; el = el.parentElement) {
    for (const other of el.parentElement.children) {
      if (other === el || other.inert || other.matches("[data-says], script, template")) continue;
      // A question comes over a film, a hand is raised from it, and what the
      // teacher opens next waits in the banner.
      if (root.matches("[data-scene]") && other.matches("p-question, [data-tools], [data-share], [data-banner]")) continue;
      other.inert = true;
      frozen.push(other);
    }
  }
  return () => frozen.forEach((el) => { el.inert = false; });
}
