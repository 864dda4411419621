// Two metrics against each other, and the rows that none beats in both.

const pareto = { x: "", y: "" };

/** Rows that no other is at least as good as in both and better in one. */
function front(rows, a, b) {
  const da = directionOf(a), db = directionOf(b);
  const kept = [...rows].sort((p, q) => da * (q.value(a) - p.value(a)) || db * (q.value(b) - p.value(b)));
  const found = [];
  let best = -Infinity, at = null;
  for (const entry of kept) {
    const value = db * entry.value(b);
    if (value > best) { found.push(entry); best = value; at = entry; }
    else if (at && entry.value(a) === at.value(a) && entry.value(b) === at.value(b)) found.push(entry);
  }
  return found;
}

const WIDEST_BAR = 1; // of the distance between the outermost means: a longer bar runs off the edge
/** Half a row's interval as it is drawn: one of two seeds is as a rule wider than all else together. */
const barOf = (entry, metric) => (entry.metric(metric).n > 2 ? entry.metric(metric).half : null);
function barText(rows, ...metrics) {
  const each = rows.flatMap((entry) => metrics.map((metric) => entry.metric(metric)));
  const some = each.some(({ n, half }) => half !== null && n > 2), two = each.some(({ n, half }) => half !== null && n <= 2);
  return some ? `Bars are 95% intervals over seeds${two ? "; those of two seeds, far wider, are left out" : ""}.` : two ? "Intervals of two seeds are too wide to be drawn." : "";
}

function buildPareto() {
  const { x, y } = pareto;
  if (!x || x === y) return { empty: "Two different metrics are needed." };
  const rows = shown.filter((entry) => entry.completed.length && [x, y].every((metric) => isNumber(entry.value(metric)) && entry.unranked(metric) === null));
  const says = byId("pareto-says");
  says.textContent = "";
  if (!rows.length) return { empty: "No completed row has both metrics." };
  const best = front(rows, x, y);
  const bars = rows.length <= 40;
  says.textContent = `${many(best.length, rowNoun())} of ${rows.length}, joined by the line and ringed, that none of the others beats in both. ${bars ? barText(rows, x, y) : ""}`;
  const corner = [];
  best.forEach((entry, i) => {
    // Stairs: between two neighbours only what the worse of both coordinates says is reached.
    if (i) corner.push([entry.value(x), best[i - 1].value(y)]);
    corner.push([entry.value(x), entry.value(y)]);
  });
  const traces = [{ type: "scatter", mode: "lines", x: corner.map((each) => each[0]), y: corner.map((each) => each[1]), hoverinfo: "skip", showlegend: false, line: { color: cssColour("soft"), width: 2, dash: "dot" } }];
  const groups = new Map();
  for (const entry of rows) {
    const value = colourValue(entry);
    if (!groups.has(value)) groups.set(value, []);
    groups.get(value).push(entry);
  }
  const inFront = new Set(best);
  const dx = places(rows.map((entry) => entry.value(x))), dy = places(rows.map((entry) => entry.value(y)));
  const error = (own, metric, colour) => (bars ? { type: "data", array: own.map((entry) => barOf(entry, metric) ?? 0), color: withAlpha(colour, 0.35), thickness: 1.2, width: 0 } : undefined);
  const range = (metric) => {
    const values = rows.map((entry) => entry.value(metric)), halves = bars ? rows.map((entry) => barOf(entry, metric) ?? 0) : [0];
    const low = Math.min(...values), high = Math.max(...values), pad = 0.12 * (high - low) || Math.abs(high) * 0.05 || 1;
    const most = high > low ? WIDEST_BAR * (high - low) : Infinity;
    const beyond = (way) => Math.max(0, ...values.map((value, i) => way * value + Math.min(halves[i] ?? 0, most) - (way > 0 ? high : -low)));
    return [low - pad - beyond(-1), high + pad + beyond(1)];
  };
  const legend = groups.size > 1 && groups.size <= 12;
  for (const [value, own] of groups) {
    const colour = colourOf(own[0]);
    traces.push({
      type: "scatter", mode: "markers", name: safe(short(value, 50)), x: own.map((entry) => entry.value(x)), y: own.map((entry) => entry.value(y)),
      customdata: own.map((entry) => entry.runs[0].id), showlegend: legend, opacity: 1,
      error_x: error(own, x, colour), error_y: error(own, y, colour),
      marker: { color: colour, size: own.map((entry) => (inFront.has(entry) ? 15 : 10)), symbol: own.map(symbolOf), opacity: own.map((entry) => (inFront.has(entry) ? 1 : 0.75)), line: { width: own.map((entry) => (inFront.has(entry) ? 2 : 1)), color: own.map((entry) => cssColour(inFront.has(entry) ? "ink" : "surface")) } },
      hoverinfo: "text", text: own.map((entry) => `${safe(entry.label)}${inFront.has(entry) ? "  (front)" : ""}<br>${safe(metricTitle(x))} ${number(entry.value(x), dx)}<br>${safe(metricTitle(y))} ${number(entry.value(y), dy)}`),
    });
  }
  const frame = below(legend ? [...groups.keys()].map((name) => short(name, 50)) : [], isSmall() ? 280 : 370, byId("pareto-chart"));
  return {
    traces, height: frame.height,
    layout: layout({
      margin: { l: 60, r: 16, t: frame.t, b: frame.b }, showlegend: legend, legend: frame.legend,
      xaxis: axis(`${metricTitle(x)} ${directionOf(x) > 0 ? "→ better" : "← better"}`, { range: range(x) }), yaxis: axis(`${metricTitle(y)} ${directionOf(y) > 0 ? "→ better" : "← better"}`, { range: range(y) }), uirevision: `${x} ${y}`,
    }),
  };
}
