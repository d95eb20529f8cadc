const CUSTOMERS = ["Aune", "Bjørk", "Castel", "Dahl", "Evans", "Fiala", "Grimm", "Holm"];
const CITIES = ["Oslo", "Bergen", "Lyon", "Graz", "Porto", "Turku"];
const STATES = ["open", "packed", "sent"];
const PAGE = 25;
const rows = Array.from({ length: 137 }, (_, i) => ({
  order: `NS-${1000 + i}`,
  customer: CUSTOMERS[(i * 7) % CUSTOMERS.length],
  city: CITIES[(i * 11) % CITIES.length],
  state: STATES[(i * 5) % 3],
  total: ((i * 7919) % 90000) / 100 + 10,
}));
const view = { key: "order", up: true, page: 0 };
const by = (id) => document.getElementById(id);

function shown() {
  const words = by("filter").value.toLowerCase();
  const state = by("state").value;
  const found = rows.filter((row) => (!state || row.state === state) &&
    (!words || `${row.customer} ${row.city}`.toLowerCase().includes(words)));
  const sign = view.up ? 1 : -1;
  return found.sort((a, b) => (a[view.key] > b[view.key] ? sign : a[view.key] < b[view.key] ? -sign : 0));
}

function draw() {
  const found = shown();
  const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
  view.page = Math.min(view.page, last);
  const page = found.slice(view.page * PAGE, (view.page + 1) * PAGE);
  document.querySelector("tbody").replaceChildren(...page.map((row) => {
    const tr = document.createElement("tr");
    tr.innerHTML = `<td>${row.order}</td><td>${row.customer}</td><td>${row.city}</td>` +
      `<td><span class="badge ${row.state}">${row.state}</span></td><td class="number">${row.total.toFixed(2)}</td>`;
    tr.addEventListener("click", () => tr.classList.toggle("marked"));
    return tr;
  }));
  by("sum").textContent = page.reduce((sum, row) => sum + row.total, 0).toFixed(2);
  by("count").textContent = `${found.length} of ${rows.length} orders`;
  by("page").textContent = `page ${view.page + 1} of ${last + 1}`;
  for (const th of document.querySelectorAll("th")) {
    const { key } = th.firstElementChild.dataset;
    if (key === view.key) th.setAttribute("aria-sort", view.up ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
  }
}

document.querySelector("thead").addEventListener("click", ({ target }) => {
  const { key } = target.dataset;
  if (!key) return;
  view.up = key === view.key ? !view.up : true;
  view.key = key;
  draw();
});
for (const id of ["filter", "state"]) by(id).addEventListener("input", draw);
by("compact").addEventListener("change", ({ target }) =>
  document.querySelector("table").classList.toggle("compact", target.checked));
by("next").addEventListener("click", () => { view.page += 1; draw(); });
by("previous").addEventListener("click", () => { view.page = Math.max(0, view.page - 1); draw(); });
draw();
