export function render({model}) {
  const {looks} = model.esm_constants
  const body = h("div.groups", {role: "status", "aria-live": "off"})
  const shape = (state) => drawn(`<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">${looks[state].shape}</svg>`)

  const state = (part) => (part.state === "none" ? "" : h(`span.verdict.${looks[part.state].css}`, {}, shape(part.state), part.word))
  const line = (part) => h("tr", {}, h("th", {scope: "row"}, part.name), h("td", {}, state(part)),
    h("td.when", {}, part.since ? clock(part.since) : ""), h("td.figure", {}, part.figure), h("td", {}, part.reason))

  function table(groups) {
    if (!groups.size) return []
    const heads = h("thead", {}, h("tr", {}, ["Part", "State", "Since", "Figure", "Reason"].map((head) => h("th", {scope: "col"}, head))))
    const bodies = [...groups].map(([group, parts]) => h("tbody", {},
      h("tr.group", {}, h("th", {colspan: "5", scope: "rowgroup"}, group)), parts.map(line)))
    return [h("section.card", {}, h("table", {}, heads, bodies))]
  }
  function draw() {
    const groups = new Map()
    for (const part of model.parts) groups.set(part.group, [...(groups.get(part.group) || []), part])
    const late = model.problem ? [h("div.state.stale", {role: "alert"}, h("p", {}, model.problem), h("a.button", {href: ""}, "Reload"))] : []
    const read = model.read_at ? [h("p.small.faint", {}, "Read at ", clock(model.read_at), ", and again every 2 s.")] : []
    const bars = model.parts.length || model.problem ? [] : [h("div.skeleton", {"aria-busy": "true"}, h("i.bar"), h("i.bar"), h("i.bar"), h("p.late", {}, "Still asking every part how it is."))]
    body.replaceChildren(...late, ...bars, ...table(groups), ...read)
  }
  model.on(["parts", "problem", "read_at"], draw)
  draw()
  return body
}
