// The curves of a row's seeds as one: their mean, and from the lowest to the highest.

const MOST_GRID = 800;

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

/** {x, mean, low, high, n} over the completed runs, where all of them have a value; null for fewer than two. */
function overSeeds(entry, name, over, share) {
  const lines = [];
  for (const run of entry.completed) {
    const found = curveOf(run, name);
    const x = found && xOf(run, found.mx, over);
    if (x) lines.push([x, smoothed(found.mx, found.my, share)]);
  }
  if (lines.length < 2) return null;
  const from = Math.max(...lines.map(([x]) => x[0])), to = Math.min(...lines.map(([x]) => x[x.length - 1]));
  const all = [...new Set(lines.flatMap(([x]) => x))].filter((x) => x >= from && x <= to).sort((a, b) => a - b);
  const every = Math.ceil(all.length / MOST_GRID);
  const x = all.filter((_, i) => i % every === 0 || i === all.length - 1);
  const read = lines.map(([xs, ys]) => reading(xs, ys));
  const found = { x, mean: [], low: [], high: [], n: lines.length };
  for (const at of x) {
    const values = read.map((each) => each(at));
    const whole = values.every((value) => value !== null);
    found.mean.push(whole ? values.reduce((a, b) => a + b, 0) / values.length : null);
    found.low.push(whole ? Math.min(...values) : null);
    found.high.push(whole ? Math.max(...values) : null);
  }
  return found;
}

/** The traces of such a row. */
function seedTraces(entry, found, common, colour, dash) {
  const line = { type: "scatter", mode: "lines", x: found.x, connectgaps: false, showlegend: false, legendgroup: common.legendgroup, name: common.name };
  const few = found.x.length <= 40;
  return [
    { ...line, y: found.low, line: { width: 0, color: colour }, hoverinfo: "skip" },
    { ...line, y: found.high, line: { width: 0, color: colour }, hoverinfo: "skip", fill: "tonexty", fillcolor: withAlpha(colour, isDark() ? 0.2 : 0.14) },
    { ...line, y: found.mean, mode: few ? "lines+markers" : "lines", line: { color: colour, width: 2.4, dash }, marker: { size: 5, color: colour },
      customdata: Array(found.x.length).fill(entry.runs[0].id), hovertemplate: `${inTemplate(entry.label)}, mean of ${found.n} seeds<br>${curve.x} %{x:.4~g}: %{y:.5~g}<extra></extra>` },
  ];
}
const withAlpha = (hex, alpha) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;
