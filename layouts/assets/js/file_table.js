const FILTERS = [["", "All"], ["refused", "Refused"], ["receiving", "Coming"], ["opened", "Opened"]]

export function render({model}) {
  const {states} = model.esm_constants
  const filters = FILTERS.map(([value, word]) => h("button.filter", {type: "button", "data-value": value, onclick: () => model.send_msg({state: value})}, word))
  const list = h("ul", {"aria-label": "Files of the run, as they came"})
  const empty = h("div.empty", {hidden: true})
  const more = h("div.foot", {hidden: true}, h("button.button.quiet", {type: "button", onclick: () => model.send_msg({more: true})}, "Show more files"))
  const rows = new Map()

  const badgeOf = (state) => {
    const one = h("span.run-state", {}, drawn(states[state].shape), h("span", {}, states[state].word))
    one.classList.add(states[state].css)
    return one
  }
  function row(item) {
    const known = rows.get(item.id), state = JSON.stringify(item)
    if (known && known.dataset.state === state) return known
    const element = known || h("li.file")
    const label = pathLabel(item.name)
    element.dataset.state = state
    element.classList.toggle("refused", item.state === "refused")
    element.classList.toggle("member", item.member)
    element.replaceChildren(
      h("span.thumb", {}, item.thumb ? h("img", {src: item.thumb, alt: "", loading: "lazy", decoding: "async"}) : ""),
      item.href ? h("a.label", {href: item.href}, label, item.inspections > 1 ? h("span.made", {}, `${item.inspections.toLocaleString("en-US")} parts`) : "") : h("span.label", {}, label),
      h("span.size", {}, item.size < 0 ? "–" : size(item.size)),
      badgeOf(item.state),
      item.why ? h("span.why", {}, item.why) : "")
    rows.set(item.id, element)
    return element
  }
  function draw() {
    const wanted = model.items.map(row), ids = new Set(model.items.map((item) => item.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    keepChildren(list, wanted)
    list.hidden = !wanted.length
    empty.hidden = wanted.length > 0
    more.hidden = !model.more
    empty.replaceChildren(model.loaded
      ? h("b", {}, model.state ? "No file is in this state" : "No files yet")
      : h("div.skeleton", {"aria-busy": "true"}, h("i.bar"), h("i.bar"), h("i.bar"), h("p.late", {}, "Still waiting for the files.")))
  }
  const drawFilters = () => filters.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.value === model.state)))
  model.on(["items", "loaded", "more"], draw)
  model.on("state", () => { draw(); drawFilters() })
  draw()
  drawFilters()
  return h("section.box", {"aria-label": "Files"}, h("div.head", {}, h("h2", {}, "Files"), h("div.filters", {role: "toolbar", "aria-label": "Show"}, filters)), list, empty, more)
}
