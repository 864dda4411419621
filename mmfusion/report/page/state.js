// What the person chose, and which rows that leaves.

const STATUSES = ["completed", "running", "failed", "stopped", "pruned", "missing"];
const GLYPHS = { completed: "✓", running: "●", failed: "✕", stopped: "■", pruned: "✂", missing: "?" };
const COSTS = [["seconds", "Time", seconds], ["parameters", "Parameters", count], ["memory_bytes", "Peak memory", bytes], ["step_seconds", "Step", seconds]];

const state = {
  sweep: null, metric: "", colour: null, fold: true, filter: "", facets: new Map(), brushes: new Map(), ticked: new Set(),
  sort: null, // {column, descending}; null: by the metric, best first
  columns: null, // set of metrics and costs that the person chose
  all: false, // every row of a long table
};

/** Words and comparisons of the filter: {tests, unknown}. */
function parseFilter(text) {
  const tests = [], unknown = [];
  for (const word of text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []) {
    const cut = /^([^=<>!]+)(!=|<=|>=|=|<|>)(.*)$/.exec(word);
    if (!cut) {
      const wanted = word.replaceAll('"', "").toLowerCase();
      tests.push((entry) => entry.haystack.includes(wanted));
      continue;
    }
    const [, key, sign, raw] = cut;
    const read = reader(key.toLowerCase());
    if (!read) unknown.push(key);
    else if (raw !== "") tests.push((entry) => read(entry).some((value) => holds(value, sign, raw.replaceAll('"', ""))));
  }
  return { tests, unknown };
}

/** A key of the filter to a function that gives a row's values of it. */
function reader(key) {
  if (key === "status" || key === "seed" || key === "id" || key === "name") return (entry) => entry.runs.map((run) => run[key]);
  const known = data.shared.keys.find((each) => each.key.toLowerCase() === key || each.short.toLowerCase() === key)
    ?? data.shared.keys.find((each) => each.key.toLowerCase().endsWith(`.${key}`));
  if (known) return (entry) => [entry.setting(known.key)];
  const cost = COSTS.find(([name, title]) => name === key || title.toLowerCase() === key);
  if (cost) return (entry) => [entry.cost(cost[0])];
  const metric = metricNames.find((name) => name.toLowerCase() === key) ?? metricNames.find((name) => name.toLowerCase().endsWith(`/${key}`));
  return metric ? (entry) => [entry.value(metric)] : null;
}

function holds(value, sign, wanted) {
  if (sign === "=" || sign === "!=") {
    const same = isNumber(value) && wanted.trim() !== "" && Number.isFinite(Number(wanted))
      ? value === Number(wanted) : setting(value).toLowerCase() === wanted.toLowerCase();
    return same === (sign === "=");
  }
  const limit = Number(wanted);
  if (!isNumber(value) || !Number.isFinite(limit)) return false;
  return { "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit }[sign];
}

/** Axes that can be brushed read like table columns do. */
function axisValue(entry, axis) {
  if (axis.kind === "metric") return entry.value(axis.name);
  if (axis.kind === "cost") return entry.cost(axis.name);
  return entry.setting(axis.name);
}

const sorting = () => state.sort ?? { column: `metric:${state.metric}`, descending: directionOf(state.metric) > 0 };
const allRows = () => (state.fold ? entries.groups : entries.runs);
const rowNoun = () => (state.fold ? "configuration" : "run");

let shown = []; // rows after the filter, in the table's order
let unknownKeys = [];
function refreshShown() {
  const { tests, unknown } = parseFilter(state.filter);
  unknownKeys = unknown;
  for (const [key, wanted] of state.facets) {
    const read = reader(key);
    if (read && wanted.size) tests.push((entry) => read(entry).some((value) => wanted.has(setting(value))));
  }
  for (const { axis, keep } of state.brushes.values()) tests.push((entry) => keep(axisValue(entry, axis)));
  shown = allRows().filter((entry) => tests.every((test) => test(entry)));
  sortRows(shown);
}

function sortRows(rows) {
  const { column, descending } = sorting();
  const keyOf = sortKey(column);
  const keys = new Map(rows.map((entry) => [entry, keyOf(entry)]));
  const empty = (value) => value === null || value === undefined || value === "";
  rows.sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (empty(x) || empty(y)) return empty(x) - empty(y) || a.index - b.index; // what has no value comes last either way
    const order = typeof x === "number" && typeof y === "number" ? x - y : naturally(String(x), String(y));
    return (descending ? -order : order) || a.index - b.index;
  });
}

function sortKey(column) {
  const cut = column.indexOf(":");
  const kind = column.slice(0, cut), name = column.slice(cut + 1);
  if (kind === "metric") return (entry) => (entry.unranked(name) === null ? entry.value(name) : null);
  if (kind === "cost") return (entry) => entry.cost(name);
  if (kind === "key") return (entry) => entry.setting(name);
  if (["p", "pooled", "effect"].includes(name)) return (entry) => entry.compared(state.metric)?.[name] ?? null;
  if (name === "delta") return (entry) => entry.compared(state.metric)?.delta?.[0] ?? null;
  if (name === "fold" || name === "seed") return (entry) => entry.runs[0][name];
  if (name === "run") return (entry) => entry.runs[0].id;
  return (entry) => Math.min(...[...entry.statuses.keys()].map((status) => STATUSES.indexOf(status)));
}

/** What a chart draws: ticked rows, else the first of the table; and a sentence that says so. */
function chosen(most, fits = () => true) {
  const ticked = shown.filter((entry) => state.ticked.has(entry.key));
  const among = (ticked.length ? ticked : shown).filter(fits);
  const drawn = among.slice(0, most);
  const what = ticked.length ? "ticked " : "";
  const noun = rowNoun();
  const says = drawn.length < among.length
    ? `The first ${drawn.length} of ${many(among.length, what + noun)}, in the table's order; tick others to see them.`
    : `${many(drawn.length, what + noun)}.`;
  return { drawn, says, ticked: ticked.length > 0 };
}
