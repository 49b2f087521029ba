"use strict";
// Sorting, filtering, folding, and what a cell says when it is pointed at. Without scripts the page
// shows everything; nothing here adds to it.
for (const region of document.querySelectorAll(".archcount .scroll")) {
  const table = region.querySelector("table");
  if (table && table.tHead) {
    if (table.rows.length > 3) makeSortable(table);
    if ("filter" in region.dataset) addFilter(region, table);
  }
}

// A region that needs no scrolling needs no stop of the keyboard.
const settle = () => {
  for (const region of document.querySelectorAll(".archcount .scroll"))
    if (region.scrollWidth > region.clientWidth + 1 || region.scrollHeight > region.clientHeight + 1)
      region.tabIndex = 0;
    else region.removeAttribute("tabindex");
};
settle();
addEventListener("resize", settle);
document.addEventListener("toggle", settle, true);

function makeSortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  const original = new Map([...table.tBodies].map((body) => [body, [...body.rows]]));
  headings.forEach((heading, column) => {
    if (!heading.textContent.trim() || heading.classList.contains("bar")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const before = heading.ariaSort;
      for (const other of headings) other.removeAttribute("aria-sort");
      const order = { ascending: "descending", descending: "" }[before] ?? "ascending";
      if (order) heading.setAttribute("aria-sort", order);
      for (const [body, rows] of original) body.append(...sorted(rows, column, order));
    });
  });
}

// Numbers before texts, empty cells last whichever the order.
function sorted(rows, column, order) {
  if (!order) return rows;
  const sign = order === "ascending" ? 1 : -1;
  const keyed = rows.map((row) => {
    const cell = row.cells[column];
    const value = cell && cell.dataset.value;
    return { row, text: cell ? textOf(cell) : "", number: value ? Number(value) : null };
  });
  keyed.sort((a, b) => {
    if (!a.text || !b.text) return !a.text - !b.text;
    if (a.number !== null && b.number !== null) return sign * (a.number - b.number);
    if (a.number !== null || b.number !== null) return a.number !== null ? -1 : 1;
    return sign * a.text.localeCompare(b.text, undefined, { numeric: true });
  });
  return keyed.map((item) => item.row);
}

// What a cell shows, without what it says when it is opened.
function textOf(cell) {
  return (cell.querySelector(".cell") ?? cell).textContent.trim();
}

function addFilter(region, table) {
  const bar = document.createElement("div");
  bar.className = "filter";
  const input = document.createElement("input");
  const found = document.createElement("output");
  input.type = "search";
  input.autocomplete = "off";
  bar.append(labelled("Filter rows ", input));
  region.before(bar);
  const lines = [...table.tBodies].flatMap((body) => [...body.rows]);
  const texts = lines.map((line) => [...line.cells].map(textOf).join(" ").toLowerCase());
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const chosen = JSON.parse(region.dataset.choices ?? "[]").map((heading) => {
    const column = headings.indexOf(heading);
    const values = lines.map((line) => textOf(line.cells[column]));
    const select = document.createElement("select");
    const different = [...new Set(values)].filter(Boolean);
    different.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    select.append(new Option("all", ""), ...different.map((value) => new Option(value, value)));
    bar.append(labelled(`${heading} `, select));
    return { select, values };
  });
  bar.append(found);
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const asked = chosen.filter(({ select }) => select.value);
    let shown = 0;
    lines.forEach((line, index) => {
      line.hidden =
        !words.every((word) => texts[index].includes(word)) ||
        !asked.every(({ select, values }) => values[index] === select.value);
      shown += !line.hidden;
    });
    found.textContent =
      words.length || asked.length ? `${shown} of ${lines.length} rows` : "";
  };
  input.addEventListener("input", show);
  for (const { select } of chosen) select.addEventListener("change", show);
}

function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}

// Everything of a tree at once.
for (const tree of document.querySelectorAll(".archcount .tree")) {
  const inner = tree.querySelectorAll("details details");
  if (!inner.length) continue;
  const bar = document.createElement("div");
  bar.className = "folds";
  for (const [text, open] of [["Open all", true], ["Fold all", false]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => inner.forEach((each) => (each.open = open)));
    bar.append(button);
  }
  tree.before(bar);
}

// A mouse that rests on a cell opens what it says, and a click keeps it open; a click, a tap or a key
// opens it without scripts too.
for (const button of document.querySelectorAll(".archcount .cell")) {
  const says = button.popoverTargetElement;
  if (!says) continue;
  let timer = 0;
  let hovered = false;
  const later = (act, delay) => {
    clearTimeout(timer);
    timer = setTimeout(act, delay);
  };
  const leave = () => later(() => hovered && says.hidePopover(), 250);
  button.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse" || says.matches(":popover-open")) return clearTimeout(timer);
    later(() => {
      says.showPopover({ source: button });
      hovered = true;
    }, 300);
  });
  says.addEventListener("pointerenter", () => clearTimeout(timer));
  button.addEventListener("pointerleave", leave);
  says.addEventListener("pointerleave", leave);
  says.addEventListener("toggle", (event) => {
    if (event.newState === "closed") hovered = false;
  });
  button.addEventListener("click", (event) => {
    clearTimeout(timer);
    if (hovered) event.preventDefault();
    hovered = false;
  });
}

// What is folded is printed too.
const folded = [];
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    folded.push(details);
  }
});
addEventListener("afterprint", () => {
  for (const details of folded.splice(0)) details.open = false;
});
