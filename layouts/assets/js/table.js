// A table of rows, one of which may be chosen. Arrows move, Enter or a click chooses; links in a row are reached by Tab.

export function render({model}) {
  const {badges, icons} = model.esm_constants
  const heads = h("tr", {role: "row"})
  const body = h("tbody")
  const table = h("table", {role: "grid", "aria-label": model.title}, h("thead", {}, heads), body)
  const stale = h("div.state.stale", {role: "alert", hidden: true})
  const empty = h("div.empty", {hidden: true})
  const note = h("p.said", {hidden: true})
  const title = h("h2")
  const more = h("div.foot", {hidden: true}, h("button.button.quiet", {type: "button", onclick: () => model.send_msg({more: true})}, "Show older ones"))
  const box = h("section.box")
  const {acts, filters} = steering(model, box)
  let current = null
  const rows = new Map()

  const shape = (look) => drawn(badges[look].shape)
  const KINDS = {
    text: (value) => [h("span.top", {title: value.top}, value.top || "–"), value.under ? h("span.under", {title: value.under}, value.under) : ""],
    mono: (value) => [h("span.top.mark", {title: value.top}, value.top || "–"), value.under ? h("span.under", {title: value.under}, value.under) : ""],
    state: (value) => [h(`span.verdict.${value.css}`, {title: value.says || ""}, drawn(value.shape), value.word)],
    number: (value) => [h(value ? "span" : "span.faint", {}, value == null ? "–" : value.toLocaleString())],
    time: (value) => [value && value.word ? h("span.small.faint", {}, value.word) : value ? clock(value) : "–"],
    looks: (value) => value.map((one) => h(`a.look.${(badges[one.verdict || one.state] || badges.queued).css}`, {
      href: one.href, title: one.says, "aria-label": one.says,
    }, shape(badges[one.verdict || one.state] ? one.verdict || one.state : "queued"), String(one.number))),
  }
  function head(column) {
    const look = column.look ? [h(`i.${badges[column.look].css}`, {}, shape(column.look))] : []
    const word = h(look.length ? "span.visually-hidden" : "span", {}, column.word)
    return h(`th.of-${column.kind}`, {scope: "col", role: "columnheader", title: column.word, style: column.width ? `width:${column.width}` : null}, look, word)
  }
  function line(row) {
    const known = rows.get(row.id), state = JSON.stringify(row)
    if (known && known.dataset.state === state) return known
    const cells = model.columns.map((column) => h(`td.of-${column.kind}`, {role: "gridcell"}, KINDS[column.kind](row.cells[column.name])))
    const element = known || h("tr", {role: "row", "data-id": row.id, tabindex: "-1", onclick: (event) => {
      if (event.target.closest("a")) return
      choose(row.id)
    }})
    element.dataset.state = state
    element.setAttribute("aria-label", row.says || "")
    element.replaceChildren(...cells)
    rows.set(row.id, element)
    return element
  }
  function choose(id) {
    current = id
    if (model.choosable) model.send_msg({select: id})
  }
  function settle(focus) {
    const all = [...body.children]
    const now = all.find((one) => one.dataset.id === current) || all.find((one) => one.dataset.id === model.selected) || all[0]
    for (const one of all) {
      one.tabIndex = one === now ? 0 : -1
      if (model.choosable) one.setAttribute("aria-selected", String(one.dataset.id === model.selected))
    }
    if (focus && now) { now.focus({preventScroll: true}); now.scrollIntoView({block: "nearest"}) }
  }
  function draw() {
    const wanted = model.rows.map(line), ids = new Set(model.rows.map((row) => row.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    keepChildren(body, wanted)
    table.hidden = !wanted.length
    empty.hidden = wanted.length > 0
    more.hidden = !model.more
    stale.hidden = !model.problem
    stale.textContent = model.problem
    note.hidden = !model.note
    note.textContent = model.note
    title.textContent = model.title
    for (const one of [box, table]) one.setAttribute("aria-label", model.title)
    empty.replaceChildren(...(model.empty_title
      ? [h("b", {}, model.empty_title), h("span", {}, model.empty_text)]
      : [skeleton(`Still waiting for the ${model.noun}.`)]))
    settle(false)
  }
  const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6}
  body.addEventListener("keydown", (event) => {
    if (!plainKey(event) || event.target.closest("a")) return
    const all = [...body.children], now = all.indexOf(event.target.closest("tr"))
    if (now < 0) return
    if (steps[event.key]) current = all[Math.max(0, Math.min(all.length - 1, now + steps[event.key]))].dataset.id
    else if (event.key === "Enter" || event.key === " ") choose(all[now].dataset.id)
    else return
    event.preventDefault()
    settle(true)
  })
  model.on(["rows", "more", "problem", "empty_title", "empty_text", "note", "title"], draw)
  model.on("selected", () => settle(false))
  const scroll = h("div.scroll", {}, table)
  const bound = () => { scroll.style.maxHeight = model.most_px ? `${model.most_px}px` : "" }
  model.on("most_px", bound)
  bound()
  heads.replaceChildren(...model.columns.map(head))
  draw()
  box.append(h("div.head", {}, title, filters, acts), stale, note, scroll, empty, more)
  return box
}
