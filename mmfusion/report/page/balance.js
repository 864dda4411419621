// Task weights and cosines of the tasks' gradients over time, a panel a run.

const MOST_PANELS = 6, SMOOTH = 0.02;

/** One run for each row; of rows that share a loss weighting the first, if there are several weightings. */
function panelRuns(pattern) {
  const logged = (run) => Object.keys(run.curves).some((name) => pattern.test(name));
  const { drawn, ticked } = chosen(1e9, (entry) => entry.runs.some(logged));
  const key = data.shared.keys.find((own) => own.key === "loss_weighting")?.key;
  const seen = new Set(), runs = [];
  for (const entry of drawn) {
    const value = key ? setting(entry.setting(key)) : entry.key;
    if (!ticked && seen.has(value)) continue;
    seen.add(value);
    const run = entry.runs.find((own) => own.status === "completed" && logged(own)) ?? entry.runs.find(logged);
    runs.push([entry, run]);
  }
  return runs.slice(0, MOST_PANELS);
}

/** Small panels side by side with one scale; `lines` gives [name of the curve, what it is called] of a run. */
function panels(pattern, title, lines, more) {
  const runs = panelRuns(pattern);
  if (!runs.length) return { empty: "None of the rows has logged this." };
  const wide = byId("weights-chart").clientWidth || 800;
  const columns = Math.max(1, Math.min(runs.length, wide < 560 ? 1 : wide < 900 ? 2 : 3));
  const rows = Math.ceil(runs.length / columns);
  const panel = isSmall() ? 190 : 210, top = 34, bottom = 78;
  const height = rows * panel + top + bottom;
  const gapX = columns > 1 ? 0.055 : 0, gapY = rows > 1 ? 62 / (height - top - bottom) : 0;
  const plotW = (1 - gapX * (columns - 1)) / columns, plotH = (1 - gapY * (rows - 1)) / rows;
  const traces = [], annotations = [], axes = {}, places_ = new Map();
  runs.forEach(([entry, run], i) => {
    const n = i === 0 ? "" : String(i + 1);
    const x0 = (i % columns) * (plotW + gapX), y1 = 1 - Math.floor(i / columns) * (plotH + gapY);
    axes[`xaxis${n}`] = axis(i + columns >= runs.length ? "training step" : "", { domain: [x0, x0 + plotW], anchor: `y${n}`, nticks: 5 });
    axes[`yaxis${n}`] = axis("", { domain: [y1 - plotH, y1], anchor: `x${n}`, matches: i ? "y" : undefined, showticklabels: i % columns === 0, nticks: 5, ...more });
    annotations.push({ text: `<b>${safe(short(entry.label, isSmall() ? 40 : 44))}</b>`, x: x0, y: y1, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", yshift: 4, showarrow: false, font: { size: 12, color: cssColour("soft") } });
    const above = [];
    for (const [name, called] of lines(run)) {
      const curve = curveOf(run, name);
      if (!places_.has(called)) places_.set(called, places_.size);
      const place = places_.get(called);
      const first = !traces.some((trace) => trace.legendgroup === called);
      const few = curve.logged <= FEW;
      const line = { type: "scatter", mode: "lines", xaxis: `x${n}`, yaxis: `y${n}`, name: safe(called), legendgroup: called };
      const colour = palette()[place % palette().length];
      // What lies on a line that is drawn already is dashed, so that both are seen.
      const covers = above.filter((y) => y === run.curves[name].y).length;
      const dash = DASHES[(Math.floor(place / palette().length) + covers) % DASHES.length];
      above.push(run.curves[name].y);
      traces.push({ ...line, x: Array.from(curve.x), y: drawable(curve.y), showlegend: false, hoverinfo: "skip", opacity: 0.28, line: { color: colour, width: 1 } });
      traces.push({
        ...line, mode: few ? "lines+markers" : "lines", x: Array.from(curve.mx), y: smoothed(curve.mx, curve.my, SMOOTH), showlegend: first, line: { color: colour, width: 2, dash }, marker: { size: 5, color: colour },
        hovertemplate: `${inTemplate(called)}, step %{x}: %{y:.4~g}<extra></extra>`,
      });
    }
  });
  return {
    traces, height,
    layout: layout({
      margin: { l: 46, r: 10, t: top, b: bottom }, ...axes, annotations, showlegend: places_.size > 0,
      legend: { ...layout().legend, y: -48 / (height - top - bottom) }, uirevision: title,
    }),
  };
}

const WEIGHT = /^step\/(.+)\/weight$/, COSINE = /^step\/cosine\/(.+)$/;
const linesOf = (pattern, call) => (run) => Object.keys(run.curves).filter((name) => pattern.test(name)).sort().map((name) => [name, call(pattern.exec(name)[1])]);
const buildWeights = () => panels(WEIGHT, "weights", linesOf(WEIGHT, (task) => task), { rangemode: "tozero" });
const buildCosines = () => panels(COSINE, "cosines", linesOf(COSINE, (pair) => pair.replaceAll("~", " and ")), { range: [-1.05, 1.05], zeroline: true, zerolinecolor: cssColour("line-strong") });
