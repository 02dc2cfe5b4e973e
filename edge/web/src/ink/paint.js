// Strokes as pixels: smooth, as wide as the pen was pressed, with a halo so
// that they are seen on any picture.

const MARKER_ALPHA = 0.45;

const light = (color) => {
  const n = parseInt(color.slice(1), 16);
  return 0.299 * (n >> 16) + 0.587 * ((n >> 8) & 255) + 0.114 * (n & 255) > 140;
};

/** Paints one stroke on a context whose box is w by h. */
export function paint(ctx, w, h, s) {
  const p = s.points, n = p.length / 3, width = Math.max(1.5, s.width * w);
  if (!n) return;
  ctx.save();
  ctx.lineCap = ctx.lineJoin = "round";
  const twice = (draw) => { // the halo, then the ink
    const halo = Math.max(1, width * 0.22);
    ctx.strokeStyle = ctx.fillStyle = light(s.color) ? "rgb(13 16 32 / .85)" : "rgb(255 255 255 / .9)";
    draw(2 * halo);
    ctx.strokeStyle = ctx.fillStyle = s.color;
    draw(0);
  };
  if (s.tool === "marker") {
    ctx.globalAlpha = MARKER_ALPHA;
    ctx.strokeStyle = s.color;
    ctx.lineWidth = width;
    trace(ctx, w, h, p);
    ctx.stroke();
  } else if (s.tool === "line" || s.tool === "arrow") {
    twice((more) => straight(ctx, w, h, p, width, more, s.tool === "arrow"));
  } else {
    twice((more) => pressed(ctx, w, h, p, width, more));
  }
  ctx.restore();
}

// A curve through the middles, with the points as its handles.
function trace(ctx, w, h, p) {
  const n = p.length / 3;
  ctx.beginPath();
  ctx.moveTo(p[0] * w, p[1] * h);
  for (let i = 1; i < n - 1; i++) {
    const x = p[3 * i] * w, y = p[3 * i + 1] * h;
    ctx.quadraticCurveTo(x, y, (x + p[3 * i + 3] * w) / 2, (y + p[3 * i + 4] * h) / 2);
  }
  ctx.lineTo(p[3 * n - 3] * w + (n === 1 ? 0.01 : 0), p[3 * n - 2] * h);
}

// The same, each piece as wide as it was pressed.
function pressed(ctx, w, h, p, width, more) {
  const n = p.length / 3, at = (i) => width * (0.5 + p[3 * i + 2]) + more;
  let even = true;
  for (let i = 1; i < n && even; i++) even = Math.abs(p[3 * i + 2] - p[2]) < 0.02;
  if (even || n < 3) {
    ctx.lineWidth = at(0);
    trace(ctx, w, h, p);
    ctx.stroke();
    return;
  }
  let x0 = p[0] * w, y0 = p[1] * h;
  for (let i = 1; i < n; i++) {
    const x = p[3 * i] * w, y = p[3 * i + 1] * h, last = i === n - 1;
    const x1 = last ? x : (x + p[3 * i + 3] * w) / 2, y1 = last ? y : (y + p[3 * i + 4] * h) / 2;
    ctx.lineWidth = (at(i - 1) + at(i)) / 2;
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.quadraticCurveTo(x, y, x1, y1);
    ctx.stroke();
    [x0, y0] = [x1, y1];
  }
}

function straight(ctx, w, h, p, width, more, arrow) {
  const n = p.length, x0 = p[0] * w, y0 = p[1] * h, x1 = p[n - 3] * w, y1 = p[n - 2] * h;
  const far = Math.hypot(x1 - x0, y1 - y0), head = Math.min(far, Math.max(5 * width, 14));
  ctx.lineWidth = width + more;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1 + (far ? 0 : 0.01), y1);
  if (arrow && far) {
    const a = Math.atan2(y1 - y0, x1 - x0);
    ctx.moveTo(x1 - head * Math.cos(a - 0.5), y1 - head * Math.sin(a - 0.5));
    ctx.lineTo(x1, y1);
    ctx.lineTo(x1 - head * Math.cos(a + 0.5), y1 - head * Math.sin(a + 0.5));
  }
  ctx.stroke();
}

/** Whether a stroke passes within r of a point, all in the box's pixels. */
export function touches(s, x, y, r, w, h) {
  const p = s.tool === "line" || s.tool === "arrow" ? [...s.points.slice(0, 3), ...s.points.slice(-3)] : s.points;
  const reach = r + (s.width * w) / 2;
  for (let i = 0; i < p.length; i += 3) {
    const ax = p[i] * w, ay = p[i + 1] * h, j = Math.min(i + 3, p.length - 3);
    const dx = p[j] * w - ax, dy = p[j + 1] * h - ay, d2 = dx * dx + dy * dy;
    const k = d2 ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / d2)) : 0;
    if (Math.hypot(x - ax - k * dx, y - ay - k * dy) <= reach) return true;
  }
  return false;
}
