"use strict";
// Tables: sorted by the column whose name is pressed; filtered by parts of methods' names.
(() => {
  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Empty cells come last.
  function cellOf(row, index) {
    const cell = row.cells[index];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  }
  function sortBy(table, header) {
    const headers = [...header.parentNode.cells];
    const index = headers.indexOf(header);
    const numbers = header.classList.contains("number");
    const before = header.getAttribute("aria-sort");
    // The best first.
    const descending = before ? before === "ascending" : numbers && header.dataset.better !== "low";
    headers.forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const empty = (value) => value === "" || (numbers && typeof value === "string");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, value: cellOf(row, index) }));
    rows.sort((a, b) => {
      if (empty(a.value) || empty(b.value)) return empty(a.value) - empty(b.value);
      const order = typeof a.value === "number" ? a.value - b.value : a.value.localeCompare(b.value);
      return descending ? -order : order;
    });
    table.tBodies[0].append(...rows.map((entry) => entry.row));
  }
  all("table.sortable").forEach((table) =>
    all("th button", table.tHead).forEach((button) => button.addEventListener("click", () => sortBy(table, button.closest("th")))));

  // Filters: methods by parts of their names, tables one at a time.
  function filter() {
    const words = one("filter").value.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
    const wanted = (name) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
    const section = one("section").value;
    let shown = 0;
    let total = 0;
    all("section.group").forEach((group) => { group.hidden = section !== "" && group.id !== `group-${section}`; });
    all("table.leaderboard tbody tr").forEach((row) => {
      row.hidden = !wanted(row.dataset.method);
      if (row.closest("section").hidden) return;
      total += 1;
      shown += !row.hidden;
    });
    all("table.pairs tbody tr").forEach((row) => { row.hidden = !(wanted(row.dataset.method) && wanted(row.dataset.other)); });
    all(".legend [data-method]").forEach((item) => { item.hidden = !wanted(item.dataset.method); });
    all(".strip [data-method]").forEach((dot) => { dot.style.display = wanted(dot.dataset.method) ? "" : "none"; });
    data.groups.forEach((group, index) => Object.entries(group.styles).forEach(([method, style]) => {
      all(`#group-${index} .chart [id$="-method-${style}"]`).forEach((dot) => dot.classList.toggle("dimmed", !wanted(method)));
    }));
    one("filtered").textContent = shown === total ? "" : `${shown} of ${total} rows`;
  }
  one("filter").addEventListener("input", filter);
  one("section").addEventListener("change", filter);
  addEventListener("beforeprint", () => all("details").forEach((details) => { details.open = true; }));
})();
