// The curves of a row's seeds as one: the mean of those that go on, and from the lowest to the highest logged value.

const MOST_GRID = 800, BANDS = 4;

/** A polyline's value at x; null outside of it, and in its gaps. */
function reading(xs, ys) {
  let at = 0;
  return (x) => {
    if (x < xs[at]) at = 0;
    while (at < xs.length - 2 && x > xs[at + 1]) at += 1;
    const a = ys[at], b = ys[Math.min(at + 1, ys.length - 1)];
    if (x === xs[at]) return a;
    if (x === xs[at + 1]) return b;
    if (a === null || b === null || x < xs[at] || x > xs[at + 1]) return null;
    return a + ((x - xs[at]) / (xs[at + 1] - xs[at])) * (b - a);
  };
}

/** A completed run's curve as logged and as smoothed, from its first logged step to its last. */
function seedLine(run, name, over, share) {
  const found = curveOf(run, name);
  const x = found && xOf(run, found.x, over);
  if (!x) return null;
  const mx = xOf(run, found.mx, over), mean = smoothed(found.mx, found.my, share);
  const first = x[0], last = x[x.length - 1];
  // Means stand in the middle of their stretches; the outermost hold up to the ends.
  if (mx[0] > first) { mx.unshift(first); mean.unshift(mean[0]); }
  if (mx[mx.length - 1] < last) { mx.push(last); mean.push(mean[mean.length - 1]); }
  return { first, last, mx, mean, x, y: drawable(found.y) };
}

/** Widens low and high by every logged point, each at the place of `xs` that it is nearest to. */
function spread(xs, line, low, high) {
  const read = reading(line.x, line.y);
  let at = 0;
  const put = (i, value) => {
    if (value === null || value === undefined) return;
    low[i] = Math.min(low[i] ?? value, value);
    high[i] = Math.max(high[i] ?? value, value);
  };
  line.x.forEach((x, i) => {
    while (at < xs.length - 1 && xs[at + 1] - x <= x - xs[at]) at += 1;
    put(at, line.y[i]);
  });
  xs.forEach((x, i) => put(i, read(x))); // some log less often than others
}

/**
 * {x, mean, low, high, n, ends} over the completed runs; null for fewer than two. `mean` is that of the smoothed curves
 * that have not ended, `n` how many these are, and `ends` where it falls; `low` and `high` are of what was logged.
 */
function overSeeds(entry, name, over, share) {
  const lines = entry.completed.map((run) => seedLine(run, name, over, share)).filter(Boolean);
  if (lines.length < 2) return null;
  const all = [...new Set(lines.flatMap(({ mx }) => mx))].sort((a, b) => a - b);
  const longest = all[all.length - 1], ended = new Set(lines.map(({ last }) => last));
  const every = Math.ceil(all.length / MOST_GRID);
  const x = all.filter((each, i) => i % every === 0 || ended.has(each));
  const read = lines.map(({ mx, mean }) => reading(mx, mean));
  const none = () => Array(x.length).fill(null);
  const found = { x, mean: none(), low: none(), high: none(), n: [], ends: [] };
  x.forEach((at, i) => {
    const values = read.filter((_, j) => lines[j].first <= at && at <= lines[j].last).map((each) => each(at));
    found.n.push(values.length);
    if (values.length && !values.includes(null)) found.mean[i] = values.reduce((a, b) => a + b, 0) / values.length;
    if (at < longest && ended.has(at)) found.ends.push(i);
  });
  for (const line of lines) spread(x, line, found.low, found.high);
  return found;
}

/** The traces of such a row; `rows` are drawn, and the more they are, the fainter are their bands. */
function seedTraces(entry, found, common, colour, dash, rows) {
  const line = { type: "scatter", mode: "lines", x: found.x, connectgaps: false, showlegend: false, legendgroup: common.legendgroup, name: common.name };
  const few = found.x.length <= FEW, faint = Math.min(1, BANDS / rows);
  const hover = { customdata: Array(found.x.length).fill(entry.runs[0].id), hovertemplate: `${inTemplate(entry.label)}, mean of %{text}<br>${curve.x} %{x:.4~g}: %{y:.5~g}<extra></extra>`, text: found.n.map((n) => many(n, "seed")) };
  const edge = { width: 1, color: withAlpha(colour, 0.45 * faint) }; // a single peak has no area to shade
  const traces = [
    { ...line, y: found.low, line: edge, hoverinfo: "skip" },
    { ...line, y: found.high, line: edge, hoverinfo: "skip", fill: "tonexty", fillcolor: withAlpha(colour, faint * (isDark() ? 0.2 : 0.14)) },
    { ...line, ...hover, y: found.mean, mode: few ? "lines+markers" : "lines", line: { color: colour, width: 2.4, dash }, marker: { size: 5, color: colour } },
  ];
  const at = (values) => found.ends.map((i) => values[i]);
  if (found.ends.length) traces.push({ ...line, name: SEED_ENDS, legendgroup: SEED_ENDS, legendrank: 2000, mode: "markers", x: at(found.x), y: at(found.mean), marker: { symbol: "line-ns", size: 13, color: colour, line: { width: 2.4, color: colour } }, hoverinfo: "text", text: found.ends.map((i) => `${safe(entry.label)}<br>${many(found.n[i] - (found.n[i + 1] ?? 0), "seed")} of ${found.n[i]} ended here`) });
  return traces;
}
const SEED_ENDS = "a seed ends";
const withAlpha = (hex, alpha) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;
