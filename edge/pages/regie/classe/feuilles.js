// The pages of what has some, to choose one: a pack's by their titles, a PDF's
// by their numbers.

const MOST = 500; // buttons

/**
 * Fills a list with a button for each page of an item. What is there already
 * is left alone, so that nobody loses their place.
 */
export function leaves(list, item, words) {
  const key = `${item?.id} ${item?.pages || 0}`;
  if (list.dataset.filled === key) return;
  list.dataset.filled = key;
  list.replaceChildren(...Array.from({ length: Math.min(MOST, item?.pages || 0) }, (_, i) => {
    const row = document.createElement("li"), button = row.appendChild(document.createElement("button"));
    Object.assign(button, { type: "button", value: i + 1, textContent: named(item, i + 1, words) });
    button.dataset.do = "leaf";
    return row;
  }));
}

/** What a page is called. */
export function named(item, page, words) {
  const title = item?.titles?.[page - 1];
  return title ? `${page}. ${title}` : words.replace("%d", page);
}

/** Marks the page that is shown. */
export function mark(list, page) {
  for (const button of list.querySelectorAll("button")) {
    if (Number(button.value) === page) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}
