// A run opened: what became of it, its numbers, and its config against another's.

const opened = { id: null, other: null, whole: false };

function openRun(id, entry = null) {
  if (!data.runs.has(id) && data.all.has(id)) {
    state.sweep = null;
    chooseSweep();
    changed();
  }
  if (!data.runs.has(id)) return;
  opened.id = id;
  const best = rankedBy(state.metric, entries.runs).map((each) => each.runs[0]);
  if (!opened.other || opened.other === id || !data.runs.has(opened.other)) {
    opened.other = [...best, ...data.runs.values()].find((run) => run.id !== id && run.status === "completed")?.id ?? null;
  }
  opened.siblings = entry && entry.runs.length > 1 ? entry.runs.map((run) => run.id) : null;
  renderDrawer();
  const dialog = byId("drawer");
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".body").scrollTop = 0;
  history.replaceState(null, "", `#run=${encodeURIComponent(id)}`);
}
function closeDrawer() {
  byId("drawer").close();
}

const entryOf = (id) => entries.runs.find((entry) => entry.key === id);
const runLabel = (id) => `${entryOf(id)?.label ?? id}  (${id})`;

function renderDrawer() {
  const run = data.runs.get(opened.id);
  if (!run) return;
  const dialog = byId("drawer");
  const scroll = dialog.querySelector(".body")?.scrollTop ?? 0;
  const other = opened.other ? data.runs.get(opened.other) : null;
  fill(dialog, el("div", { class: "sheet" },
    el("header", {}, el("div", {}, el("h2", { id: "drawer-title" }, entryOf(run.id)?.label ?? run.id),
      el("p", { class: "muted small" }, badge(run.status, run.status), ` ${run.id}`, run.trial === null || run.trial === undefined ? "" : `, trial ${run.trial}`)),
    el("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: closeDrawer } }, "✕")),
    el("div", { class: "body" }, siblings(run), troubles(run), el("h3", {}, "Numbers"), compareWith(run), numbers(run, other), el("h3", {}, "Config"), configDiff(run, other), typedOverrides(run))));
  dialog.querySelector(".body").scrollTop = scroll;
}

function siblings(run) {
  if (!opened.siblings) return null;
  return el("p", { class: "facets" }, opened.siblings.map((id) => {
    const each = data.runs.get(id);
    return each && el("button", { type: "button", class: "chip", "aria-pressed": String(id === run.id), on: { click: () => { opened.id = id; renderDrawer(); } } },
      `${GLYPHS[each.status]} ${repeatOf(each) || "seed –"}`);
  }));
}

function troubles(run) {
  const found = [];
  if (run.error) found.push(el("h3", {}, run.status === "completed" ? "Remark" : "What happened"), el("pre", { class: "error" }, run.error));
  for (const fault of run.faults) found.push(el("pre", { class: "error" }, fault));
  if (run.log.length) found.push(el("h3", {}, "End of its log"), el("pre", { class: "log" }, run.log.join("\n")));
  return found;
}

function compareWith(run) {
  const others = entries.runs.filter((entry) => entry.key !== run.id && data.shared.settings[entry.key]);
  if (!others.length) return null;
  const best = rankedBy(state.metric, entries.runs)[0]?.key;
  const select = el("select", { id: "other", on: { change: (event) => { opened.other = event.target.value; renderDrawer(); } } },
    others.map((entry) => el("option", { value: entry.key }, `${entry.key === best ? "★ " : ""}${runLabel(entry.key)}`)));
  select.value = opened.other ?? "";
  return el("label", { class: "field" }, el("span", {}, "Against"), select);
}

function numbers(run, other) {
  const names = [...new Set([...Object.keys(run.metrics), ...(other ? Object.keys(other.metrics) : [])])];
  const listed = metricNames.filter((name) => names.includes(name));
  const subsets = data.shared.metrics.map((each) => each.name).filter((name) => names.includes(name) && metricParts(name).subset && !name.endsWith("/loss"));
  const known = names.some((name) => isNumber(run.ceilings[name]));
  const cells = (tag, mine, theirs, best) => [el(tag, { class: "number" }, mine), other ? el(tag, { class: "number" }, theirs) : null, known ? el(tag, { class: "number" }, best) : null];
  const head = el("thead", {}, el("tr", {}, el("th", {}, ""), cells("th", "this", "other", "attainable")));
  const row = (name, mine, theirs, best) => el("tr", {}, el("td", {}, name), cells("td", mine, theirs, best));
  const metricRow = (name) => row(`${metricTitle(name)} ${arrow(name)}`, number(run.metrics[name]), other ? number(other.metrics[name]) : "", isNumber(run.ceilings[name]) ? number(run.ceilings[name]) : "");
  const costRows = COSTS.map(([name, title, tell]) => row(title, tell(run.costs[name]), other ? tell(other.costs[name]) : "", ""));
  const { best, epoch, step } = run.monitor;
  const chosen_ = isNumber(best) ? [row(`checkpoint of ${isNumber(epoch) ? `epoch ${epoch}` : `step ${step}`}, chosen by`, number(best), "", "")] : [];
  const table = (rows) => el("table", {}, head.cloneNode(true), el("tbody", {}, rows));
  return [listed.length ? null : el("p", { class: "muted small" }, "It has no metrics."), table([...listed.map(metricRow), ...costRows, ...chosen_]),
    subsets.length ? el("details", {}, el("summary", { class: "quiet" }, `With some of the modalities (${subsets.length})`), table(subsets.map(metricRow))) : null];
}

const tellValue = (value) => (value === undefined ? "–" : value === null ? "null" : typeof value === "object" ? JSON.stringify(value) : String(value));
function configDiff(run, other) {
  if (!Object.keys(run.config).length) return el("p", { class: "muted small" }, "Its config cannot be read.");
  const keys = [...new Set([...Object.keys(run.config), ...(other ? Object.keys(other.config) : [])])];
  const differ = other ? keys.filter((key) => tellValue(run.config[key]) !== tellValue(other.config[key]) && !key.startsWith("paths.")) : [];
  const drawn = opened.whole ? keys : differ;
  const toggle = el("label", { class: "switch" }, el("input", { type: "checkbox", id: "whole", checked: opened.whole, on: { change: (event) => { opened.whole = event.target.checked; renderDrawer(); } } }), el("span", {}, "All keys"));
  const words = other ? `${many(differ.length, "key")} of ${keys.length} differ.` : "There is no other run to compare with.";
  const rows = drawn.map((key) => {
    const changed_ = differ.includes(key);
    return el("tr", {}, el("td", { class: "key" }, key), el("td", { class: changed_ ? "is" : null }, tellValue(run.config[key])), other ? el("td", { class: changed_ ? "was" : null }, tellValue(other.config[key])) : null);
  });
  const head = el("thead", {}, el("tr", {}, el("th", {}, "Key"), el("th", {}, "this"), other ? el("th", {}, "other") : null));
  return [el("p", { class: "muted small" }, words, " "), toggle, rows.length ? el("table", { id: "diff" }, head, el("tbody", {}, rows)) : null];
}

function typedOverrides(run) {
  return run.overrides.length ? [el("h3", {}, "What was typed"), el("pre", {}, run.overrides.join("\n"))] : null;
}
