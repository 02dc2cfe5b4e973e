/** reach asks the box for a sign of life. */
export const reach = () => fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout?.(2000) }).then((r) => r.ok, () => false);

/** say shows a line over the foot of the page for a while, and has it read. */
export function say(text) {
  const line = document.getElementById("says");
  if (!line) return;
  line.classList.replace("unseen", "toast");
  line.textContent = text;
  setTimeout(() => { line.classList.replace("toast", "unseen"); line.textContent = ""; }, 8000);
}
