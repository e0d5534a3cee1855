// A tree drawn from flat rows. Arrows move, right opens, left closes or goes up, Enter chooses.

export function render({model}) {
  const {icons} = model.esm_constants
  const list = h("ul", {role: "tree", "aria-label": model.label})
  const stale = h("div.state.stale", {role: "alert", hidden: true})
  const empty = h("div.empty", {hidden: true})
  const box = h("section.box", {"aria-label": model.label})
  const {acts, filters} = steering(model, box)
  let current = null

  function item(row) {
    const mark = row.open === null ? h("i.leaf") : h("i.twist", {
      onclick: (event) => { event.stopPropagation(); model.send_msg({toggle: row.id}) },
    }, drawn(icons.wide))
    if (row.kind === "note") return h("li.note", {style: `--level:${row.level}`, role: "none"}, row.name)
    const about = row.about ? h("span.about", {}, row.about) : ""
    const flag = row.flag ? h(`span.flag.${row.flag}`, {title: row.flag_says}, row.flag_word) : ""
    return h(`li.${row.kind}`, {
      role: "treeitem", "data-id": row.id, tabindex: "-1", style: `--level:${row.level}`, "aria-level": row.level + 1,
      "aria-selected": String(row.id === model.selected), "aria-expanded": row.open === null ? null : String(row.open),
      "aria-label": [row.word, row.name, row.about, row.flag_says].filter(Boolean).join(", "),
      onclick: () => { current = row.id; model.send_msg({select: row.id}) },
    }, mark, h("span.name", {title: row.name}, row.name), flag, about)
  }
  const items = () => [...list.querySelectorAll("[role=treeitem]")]
  function settle(focus) {
    const all = items()
    const now = all.find((one) => one.dataset.id === current) || all.find((one) => one.dataset.id === model.selected) || all[0]
    all.forEach((one) => { one.tabIndex = one === now ? 0 : -1 })
    if (focus && now) { now.focus({preventScroll: true}); now.scrollIntoView({block: "nearest"}) }
  }
  function draw() {
    const inside = list.contains(list.getRootNode().activeElement)
    list.replaceChildren(...model.rows.map(item))
    list.hidden = !model.rows.length
    empty.hidden = model.rows.length > 0
    empty.replaceChildren(...(model.empty_title
      ? [h("b", {}, model.empty_title), h("span", {}, model.empty_text)]
      : [skeleton("Still waiting for the plant.")]))
    stale.hidden = !model.problem
    stale.textContent = model.problem
    settle(inside)
  }
  const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6}
  list.addEventListener("keydown", (event) => {
    if (!plainKey(event)) return
    const all = items(), now = all.findIndex((one) => one.dataset.id === current || (!current && one.tabIndex === 0))
    const at = all[Math.max(now, 0)]
    if (!at) return
    const row = model.rows.find((one) => one.id === at.dataset.id)
    if (steps[event.key]) current = all[Math.max(0, Math.min(all.length - 1, Math.max(now, 0) + steps[event.key]))].dataset.id
    else if (event.key === "ArrowRight" && row.open === false) { current = row.id; model.send_msg({toggle: row.id}) }
    else if (event.key === "ArrowLeft" && row.open) { current = row.id; model.send_msg({toggle: row.id}) }
    else if (event.key === "ArrowLeft" && row.parent) current = row.parent
    else if (event.key === "Enter" || event.key === " ") model.send_msg({select: row.id})
    else return
    event.preventDefault()
    settle(true)
  })
  list.addEventListener("focusin", (event) => { current = event.target.closest("[role=treeitem]")?.dataset.id || current })
  model.on(["rows", "empty_title", "empty_text", "problem"], draw)
  model.on("selected", () => { items().forEach((one) => one.setAttribute("aria-selected", String(one.dataset.id === model.selected))) })
  draw()
  box.append(h("div.head", {}, h("h2", {}, model.label), filters), stale, list, empty, h("div.foot", {}, acts))
  return box
}
