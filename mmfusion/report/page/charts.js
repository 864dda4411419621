// Colours and layout that all charts share, and drawing them only once they are about to be seen.

// Okabe and Ito's colours, told apart by colour-blind people too; a little darker on white, a little lighter on black.
const PALETTE = {
  light: ["#0072b2", "#d55e00", "#00866a", "#b5578f", "#b07d00", "#3f9fd8", "#4a4f57", "#7a4fc2"],
  dark: ["#56a9e8", "#ff8a3d", "#2fc79a", "#e592c3", "#e9b93c", "#9ad3ff", "#b8c0cc", "#b79bff"],
};
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "cross"];
const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

const isDark = () => document.documentElement.dataset.theme === "dark";
const palette = () => PALETTE[isDark() ? "dark" : "light"];
const cssColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const isSmall = () => window.matchMedia("(max-width: 640px)").matches;

/** Dark is few and light is many on a dark page, and the other way round on a light one, so that much stands out. */
const sequential = () => {
  const stops = isDark() ? VIRIDIS : [...VIRIDIS].reverse();
  return stops.map((colour, i) => [i / (stops.length - 1), colour]);
};
/** A colour of the scale, for what is not drawn by plotly; `share` from 0 to 1. */
const onScale = (share) => `rgb(${between(sequential(), share).join(" ")})`;
/** Red, green and blue of a scale of evenly spaced stops. */
function between(stops, share) {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.floor(at), rest = at - low;
  const parts = ([, hex]) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const a = parts(stops[low]), b = parts(stops[Math.min(low + 1, stops.length - 1)]);
  return a.map((x, i) => Math.round(x + (b[i] - x) * rest));
}
/** The ink, black or white, that can be read better on a colour; where both are alike is a luminance of 0.2. */
function inkOn(rgb) {
  const [r, g, b] = rgb.map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#0b0e13" : "#ffffff";
}

/** What rows are coloured by: `configuration`, `task` or a key; the same value has the same colour everywhere. */
function colourKeys() {
  const { keys } = data.shared;
  return [["", "configuration"], ...keys.map((each) => [each.key, each.short])];
}
const MOST_TOLD_APART = 16;
/** Configurations themselves, or of too many of them the first setting that has a few values. */
function defaultColour() {
  if (entries.groups.length <= MOST_TOLD_APART) return "";
  const few = data.shared.keys.filter((each) => {
    const values = new Set(entries.groups.map((entry) => setting(entry.setting(each.key))));
    return values.size > 1 && values.size <= PALETTE.light.length;
  });
  // What was named says more than a number.
  const named = few.find((each) => entries.groups.some((entry) => typeof entry.setting(each.key) === "string"));
  return (named ?? few[0])?.key ?? "";
}
let looks = new Map(); // value to [colour, dash and symbol]
function refreshColours() {
  looks = new Map();
  const add = (value) => { if (!looks.has(value)) looks.set(value, [looks.size % PALETTE.light.length, Math.floor(looks.size / PALETTE.light.length)]); };
  const all = [...new Set(entries.groups.map(colourValue))].sort(naturally);
  const two = colourKey() || all.length <= PALETTE.light.length ? null : twoSettings();
  if (two) {
    for (const entry of entries.groups) looks.set(colourValue(entry), two.map(({ key, values }) => values.indexOf(setting(entry.setting(key)))));
  } else {
    // Rows seen first, so that as long as there are few of them no two share a colour.
    if (!colourKey()) shown.map(colourValue).forEach(add);
    all.forEach(add);
  }
}
/** Of a grid of two settings the first gives the colour, the second dashes and symbols; null if it is no such grid. */
function twoSettings() {
  const { by } = data.shared;
  if (by.length !== 2) return null;
  const found = by.map((key) => ({ key, values: [...new Set(entries.groups.map((entry) => setting(entry.setting(key))))].sort(naturally) }));
  return found[0].values.length <= PALETTE.light.length && found[1].values.length <= DASHES.length ? found : null;
}
function configurationOf(entry) {
  const keys = data.shared.keys.filter((each) => data.shared.by.includes(each.key));
  return keys.map((each) => settingLabel(each.short, entry.setting(each.key))).join(" · ") || "all runs";
}
const colourKey = () => byId("colour").value;
function colourValue(entry) {
  const known = colourKey() && data.shared.keys.find((each) => each.key === colourKey());
  return known ? settingLabel(known.short, entry.setting(known.key)) : configurationOf(entry);
}
const lookOf = (entry) => looks.get(colourValue(entry)) ?? [0, 0];
const colourOf = (entry) => palette()[lookOf(entry)[0]];
const dashOf = (entry) => DASHES[lookOf(entry)[1] % DASHES.length];
const symbolOf = (entry) => SYMBOLS[lookOf(entry)[1] % SYMBOLS.length];

function axis(title, more = {}) {
  return {
    title: { text: title ? safe(title) : "", standoff: 8, font: { size: 12, color: cssColour("muted") } },
    gridcolor: cssColour("line"), linecolor: cssColour("line-strong"), zeroline: false, automargin: true,
    tickfont: { size: 11, color: cssColour("muted") }, ticks: "", ...more,
  };
}
function layout(more = {}) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true, hovermode: "closest", dragmode: isSmall() ? false : "zoom",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: cssColour("ink") },
    margin: { l: 52, r: 14, t: 26, b: 44 }, colorway: palette(), showlegend: false,
    legend: { orientation: "h", x: 0, xanchor: "left", y: -0.16, yanchor: "top", font: { size: 12, color: cssColour("soft") }, bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: { bgcolor: cssColour("raised"), bordercolor: cssColour("line-strong"), font: { color: cssColour("ink"), size: 12, family: getComputedStyle(document.body).fontFamily }, align: "left" },
    ...more,
  };
}
/** Lines of a legend below a chart: plotly sets grouped names one after the other, others in columns of one width. */
function legendLines(names, wide, grouped) {
  const widths = names.map((name) => 50 + 6.8 * name.length);
  if (!grouped) return Math.ceil(names.length / Math.max(1, Math.floor(wide / Math.max(...widths))));
  let lines = 1, at = 0;
  for (const width of widths) {
    if (at && at + width > wide) { lines += 1; at = 0; }
    at += width;
  }
  return lines;
}
/** Height, bottom margin and legend of a chart whose plot is `plot` high, with `names` below its axis. */
function below(names, plot, node, { top = 12, grouped = false, size = 12 } = {}) {
  const foot = 52, lines = names.length ? legendLines(names, (node.clientWidth || 800) - 70, grouped) : 0;
  const b = foot + (lines ? 10 + (grouped ? 27 : 20) * lines : 0);
  return { height: top + plot + b, t: top, b, legend: { ...layout().legend, y: -(foot + 4) / plot, font: { size, color: cssColour("soft") } } };
}
const colourBar = (title) => ({
  title: { text: safe(title), side: "right", font: { size: 11, color: cssColour("muted") } }, thickness: 10, len: 0.9, outlinewidth: 0,
  tickfont: { size: 11, color: cssColour("muted") },
});

const charts = new Map();
let observer = null, awaited = false, placed = false;
/**
 * A chart that `build` draws: it returns {traces, layout, height}, {node}, or {empty: why there is nothing}. One that
 * is `plain` never has traces, and so does not wait for plotly.
 */
function chart(id, build, { click = null, plain = false } = {}) {
  const node = byId(id);
  charts.set(id, { node, build, click, plain, stale: true, near: false });
  observer ??= new IntersectionObserver((seen) => {
    for (const entry of seen) if (charts.has(entry.target.id)) charts.get(entry.target.id).near = entry.isIntersecting;
    placed = true;
    drawSoon();
  }, { rootMargin: "300px" });
  node.style.minHeight = "340px"; // about what will stand there, so that little moves when it is drawn
  observer.observe(node);
}
/** Take a chart away. */
function unchart(id) {
  const chart = charts.get(id);
  if (chart?.drawn) Plotly.purge(chart.node);
  if (chart) observer.unobserve(chart.node);
  charts.delete(id);
}
function stale(...ids) {
  for (const [id, chart] of charts) if (!ids.length || ids.includes(id)) chart.stale = true;
  drawSoon();
}
/** Draw what is stale and about to be seen, a chart a task, once the table is painted: what one types comes first. */
function drawSoon() {
  if (awaited) return;
  awaited = true;
  requestAnimationFrame(() => setTimeout(() => {
    awaited = false;
    const next = [...charts.values()].find(isDue);
    if (next) draw(next);
    if (next) drawSoon();
    else if (placed) awaitPlotly();
  }));
}
const CALM = 1200;
let coming = 0;
/** Its script keeps the page busy for a second or two: not before a chart of it is near, or nothing has happened a while. */
function awaitPlotly() {
  clearTimeout(coming);
  if (window.Plotly) return;
  const wanted = [...charts.values()].some((chart) => chart.near && !chart.plain && !chart.node.closest("[hidden]"));
  coming = setTimeout(() => {
    const script = el("script");
    script.textContent = byId("plotly").textContent;
    document.body.append(script);
    performance.mark("plotly");
    stale();
  }, wanted && data.shared ? 0 : CALM);
}
const isDue = (chart) => chart.stale && chart.near && data.shared !== null && (chart.plain || window.Plotly) && !chart.node.closest("[hidden]");
function draw(chart) {
  chart.stale = false;
  let drawing;
  try {
    drawing = chart.build();
  } catch (error) {
    console.error(error);
    drawing = { empty: `This chart could not be drawn: ${error.message}` }; // the others still can
  }
  chart.node.style.minHeight = "";
  if (drawing.empty || drawing.node) {
    if (chart.drawn) Plotly.purge(chart.node);
    chart.drawn = false;
    chart.node.style.height = "auto";
    fill(chart.node, drawing.node ?? el("p", { class: "empty" }, drawing.empty));
    performance.mark("chart");
    return;
  }
  if (!chart.drawn) fill(chart.node);
  chart.node.style.height = `${drawing.height}px`;
  const buttons = [["toImage", "zoom2d", "pan2d", "resetScale2d"]];
  Plotly.react(chart.node, drawing.traces, { ...drawing.layout, height: drawing.height }, {
    responsive: true, displaylogo: false, displayModeBar: isSmall() ? false : "hover", modeBarButtons: buttons,
    toImageButtonOptions: { format: "png", scale: 2, filename: chart.node.id.replace("-chart", "") },
  });
  if (!chart.drawn && chart.click) chart.node.on("plotly_click", (event) => chart.click(event.points[0]));
  chart.drawn = true;
}
