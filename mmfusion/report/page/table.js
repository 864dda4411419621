// The table: what can be sorted by, what each cell says.

function tableColumns() {
  const { keys, by } = data.shared;
  const settings = keys.filter((each) => !state.fold || by.includes(each.key));
  const found = [{ id: "own:status", title: "Status", kind: "status" }];
  if (!settings.length || [...data.runs.values()].some((run) => !data.shared.settings[run.id])) found.push({ id: "own:run", title: "Run", kind: "run" });
  for (const each of settings) found.push({ id: `key:${each.key}`, title: each.short, kind: "key", name: each.key, whole: each.key });
  if (!state.fold) found.push({ id: "own:seed", title: "Seed", kind: "seed" });
  if (!state.fold && [...data.runs.values()].some(hasFold)) found.push({ id: "own:fold", title: "Fold", kind: "fold" });
  for (const name of chosenMetrics()) {
    const parts = metricParts(name);
    found.push({ id: `metric:${name}`, title: `${parts.split === "test" ? "" : `${parts.split} `}${parts.metric.replaceAll("_", " ")} ${arrow(name)}`, over: parts.task, kind: "metric", name, whole: `${name}: ${directionText(name)}` });
  }
  if (state.fold && data.shared.compared[state.metric]) {
    const rows = Object.values(data.shared.compared[state.metric].rows);
    if (rows.some((row) => isNumber(row.pooled))) found.push({ id: "own:pooled", title: "pooled", over: "all folds", kind: "pooled", whole: "The metric of the predictions of all folds together, the mean over seeds" });
    if (rows.some((row) => isNumber(row.p))) found.push({ id: "own:p", title: "p", over: "vs best", kind: "p", whole: "Paired t-test over seeds against the best configuration, corrected after Holm" });
    if (rows.some((row) => isNumber(row.effect))) found.push({ id: "own:effect", title: "d", over: "from best", kind: "effect", whole: "The difference from the best configuration in standard deviations over seeds" });
    if (rows.some((row) => row.delta)) found.push({ id: "own:delta", title: "Δm %", over: "to single-task", kind: "delta", whole: "Mean relative gain over single-task runs of the same configuration" });
  }
  for (const [name, title, tell] of COSTS) if (hasColumn(`cost:${name}`)) found.push({ id: `cost:${name}`, title, kind: "cost", name, tell });
  return found;
}

const MOST_COLUMNS = 4;
function defaultColumns() {
  const { main } = data.shared;
  const first = main.length ? main : metricNames.slice(0, MOST_COLUMNS);
  const costs = COSTS.filter(([name]) => entries.runs.some((entry) => isNumber(entry.cost(name)))).map(([name]) => `cost:${name}`);
  return new Set([...first.slice(0, MOST_COLUMNS).map((name) => `metric:${name}`), ...costs]);
}
const hasColumn = (id) => (state.columns ?? defaultColumns()).has(id);
function chosenMetrics() {
  const wanted = state.columns ?? defaultColumns();
  const found = metricNames.filter((name) => wanted.has(`metric:${name}`));
  return state.metric && !found.includes(state.metric) ? [state.metric, ...found] : found;
}

const PAGE = 40;
function renderTable() {
  const columns = tableColumns();
  const sorted = sorting();
  const decimals = new Map(columns.filter((column) => column.kind === "metric").map((column) => [column.name, places(shown.map((entry) => entry.value(column.name)), shown.map((entry) => entry.metric(column.name)?.half))]));
  const head = el("tr", {}, el("th", { scope: "col" }, el("span", { class: "skip" }, "Ticked")), columns.map((column) => el("th",
    { scope: "col", class: isRight(column) ? "number" : null, title: column.whole ?? null, "aria-sort": sorted.column === column.id ? (sorted.descending ? "descending" : "ascending") : null },
    el("button", { type: "button", "data-column": column.id, on: { click: () => sortBy(column) } },
      column.over ? el("span", { class: "task" }, column.over) : null, el("span", { class: "title" }, column.title)))));
  const limit = state.all ? Infinity : isSmall() ? 8 : PAGE;
  const body = shown.slice(0, limit).map((entry) => tableRow(entry, columns, decimals));
  fill(byId("table"), el("thead", {}, head), el("tbody", {}, body.length ? body
    : el("tr", {}, el("td", { class: "empty", colspan: columns.length + 1 }, data.runs.size ? "No run passes the filter." : "There is no run here yet."))));
  const more = byId("more");
  more.hidden = shown.length <= limit;
  more.textContent = `Show all ${shown.length}`;
  byId("untick").hidden = !state.ticked.size;
  byId("untick").textContent = `Untick all (${state.ticked.size})`;
  options(byId("sortby"), columns.map((column) => [column.id, [column.over, column.title].filter(Boolean).join(" ")]), sorted.column);
  byId("direction").textContent = sorted.descending ? "▼ falling" : "▲ rising";
}
const isRight = (column) => !["status", "key", "run"].includes(column.kind);

function sortBy(column) {
  const now = sorting();
  const first = column.kind === "metric" ? directionOf(column.name) > 0 : false;
  state.sort = { column: column.id, descending: now.column === column.id ? !now.descending : first };
  changed();
}

function tableRow(entry, columns, decimals) {
  const lost = !entry.completed.length && !entry.statuses.has("running");
  const ticked = state.ticked.has(entry.key);
  const tick = el("input", { type: "checkbox", checked: ticked, "aria-label": `Draw ${entry.label}`, on: {
    click: (event) => event.stopPropagation(),
    change: (event) => { if (event.target.checked) state.ticked.add(entry.key); else state.ticked.delete(entry.key); changed(); },
  } });
  const cells = columns.map((column) => {
    const [content, empty] = tableCell(entry, column, decimals);
    const kind = column.kind === "status" ? "status" : isRight(column) ? "number" : "text";
    const main = column.kind === "metric" ? ` metric${column.name === state.metric ? " main" : ""}` : "";
    return el("td", { class: `${kind}${main}${empty ? " empty-cell" : ""}`, "data-name": [column.over, column.title].filter(Boolean).join(" "), title: kind === "text" ? textOf(content) : null }, content);
  });
  return el("tr", { class: [lost && "lost", ticked && "ticked"].filter(Boolean).join(" ") || null, "data-key": entry.key, tabindex: 0, on: {
    click: () => openRun(entry.runs[0].id, entry),
    keydown: (event) => { if (event.key === "Enter" && event.target === event.currentTarget) openRun(entry.runs[0].id, entry); },
  } }, el("td", { class: "tick" }, tick), cells);
}
const textOf = (content) => (typeof content === "string" ? content : null);

function tableCell(entry, column, decimals) {
  switch (column.kind) {
    case "status": return [badges(entry), false];
    case "run": return [entry.runs.length === 1 ? entry.runs[0].id : `${entry.runs[0].id} …`, false];
    case "key": return [setting(entry.setting(column.name)), false];
    case "seed": return [entry.runs[0].seed === null ? "–" : String(entry.runs[0].seed), false];
    case "fold": return [hasFold(entry.runs[0]) ? String(entry.runs[0].fold) : "–", !hasFold(entry.runs[0])];
    case "metric": return metricCell(entry.metric(column.name), decimals.get(column.name), entry.unranked(column.name));
    case "cost": return [column.tell(entry.cost(column.name)), !isNumber(entry.cost(column.name))];
    case "pooled": return [number(entry.compared(state.metric)?.pooled), !isNumber(entry.compared(state.metric)?.pooled)];
    case "effect": return [effectSize(entry.compared(state.metric)?.effect), !isNumber(entry.compared(state.metric)?.effect)];
    case "delta": return metricCell(asInterval(entry.compared(state.metric)?.delta), 1);
    default: {
      const compared = entry.compared(state.metric);
      if (compared?.rank === 0) return ["best", false];
      return [el("span", { title: compared?.reason ?? null }, pValue(compared?.p)), !isNumber(compared?.p)];
    }
  }
}
const asInterval = (found) => (found ? { mean: found[0], half: found[1], n: found[2] } : null);
function metricCell(found, decimals, unranked = null) {
  if (!found) return ["–", true];
  const half = found.half === null ? null : el("span", { class: "pm" }, ` ± ${number(found.half, decimals)}`);
  const latest = found.latest ? el("span", { class: "pm", title: "the latest of a run that goes on" }, " so far") : null;
  const aside = unranked === null ? null : el("span", { class: "pm" }, " not ranked");
  return [el("span", { title: unranked }, number(found.mean, decimals), half, latest, aside), false];
}

const badge = (status, text) => el("span", { class: `badge ${status}` }, el("span", { "aria-hidden": "true" }, GLYPHS[status] ?? "?"), text);
function badges(entry) {
  if (entry.runs.length === 1) return badge(entry.runs[0].status, entry.runs[0].status);
  return el("span", {}, STATUSES.filter((status) => entry.statuses.has(status))
    .map((status) => badge(status, status === "completed" ? `n = ${entry.statuses.get(status)}` : `${entry.statuses.get(status)} ${status}`)));
}
