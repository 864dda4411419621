// Sections that Python wrote: sentences, tables and charts. What they say becomes text; none of it becomes markup.

function renderSections() {
  const node = byId("sections");
  if (!isNews(node, data.shared.sections)) return;
  for (const old of document.querySelectorAll("main > .further")) {
    for (const { id } of old.querySelectorAll(".chart")) unchart(id);
    old.remove();
  }
  for (const { name, title, lines, tables, figures } of data.shared.sections) {
    const idOf = (figure) => `section-${name}-${figures.indexOf(figure)}-chart`;
    node.before(el("section", { id: `section-${name}`, class: "card further", "data-nav": title },
      el("div", { class: "head" }, el("h2", {}, title), lines.map((line) => el("p", {}, line))),
      tables.map(tableOf),
      figures.map((figure) => el("div", { class: "chart", id: idOf(figure) }))));
    for (const figure of figures) {
      chart(idOf(figure), () => ({ traces: figure.data, layout: layout(figure.layout), height: figure.layout?.height ?? 340 }));
    }
  }
}

/** The first column names the row, the others hold numbers. */
function tableOf({ head, rows }) {
  const cells = (tag, row) => el("tr", {}, row.map((text, i) => el(tag, { class: i ? "number" : null }, text)));
  return el("div", { class: "scroll", tabindex: "0" }, el("table", {}, el("thead", {}, cells("th", head)), el("tbody", {}, rows.map((row) => cells("td", row)))));
}
