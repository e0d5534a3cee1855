// What was done, by whom and when. Each entry is a `details`, so that Tab reaches it and Enter unfolds what it changed;
// arrows go from one to the next, and `a` leads here from anywhere on the page. What is unfolded stays so as others come.
// An entry that does not say who did it has nothing to unfold.

export function render({model}) {
  const {icons, looks} = model.esm_constants
  const list = h("ol.entries")
  const stale = h("div.state.stale", {role: "alert", hidden: true})
  const empty = h("div.empty", {hidden: true})
  const more = h("div.foot", {hidden: true}, h("button.button.quiet", {type: "button", onclick: () => model.send_msg({more: true})}, "Show older ones"))
  const title = h("h2")
  const box = h("section.box", {}, h("div.head", {}, title), stale, list, empty, more)
  const known = new Map()

  const shown = (value) => {
    if (!value) return h("span.faint", {}, "–")
    if (value.kind === "time") return clock(value.text)
    return h(`span.${value.kind}`, {title: value.says || null}, value.text)
  }
  // Where the row came or went there is one side alone.
  function table(changes) {
    const sides = [["before", "Before"], ["after", "After"]].filter(([side]) => changes.some((one) => one[side]))
    const heads = h("tr", {}, h("th", {scope: "col"}, "Column"), sides.map(([, word]) => h("th", {scope: "col"}, sides.length > 1 ? word : word === "After" ? "Value" : "Value before")))
    const rows = changes.map((one) => h("tr", {}, h("th", {scope: "row", title: one.name}, one.word), sides.map(([side]) => h("td", {}, shown(one[side])))))
    return h(`table.sides-${sides.length}`, {}, h("thead", {}, heads), h("tbody", {}, rows))
  }
  function unfolded(entry) {
    const request = entry.request_id ? [h("dt", {}, "Request"), h("dd", {}, h("code", {}, entry.request_id))] : []
    return h("div.unfolded", {},
      entry.changes.length ? table(entry.changes) : h("p.soft", {}, "No column changed."),
      h("dl", {}, h("dt", {}, "Done by"), h("dd", {}, h("code", {}, readable(entry.actor))), request, h("dt", {}, "Place"), h("dd", {}, entry.place)))
  }
  function line(entry) {
    const state = JSON.stringify(entry), before = known.get(entry.id)
    if (before && before.dataset.state === state) return before
    const look = looks[entry.look] || looks.noted
    const said = [h(`i.${look.css}`, {}, drawn(look.shape)), h("b", {}, readable(entry.words)), clock(entry.at), h("span.detail", {}, readable(entry.detail))]
    const element = h("li", {"data-id": entry.id}, entry.actor ? unfolding(entry, said, before) : h("div.line", {tabindex: "0"}, said))
    element.dataset.state = state
    known.set(entry.id, element)
    return element
  }
  function unfolding(entry, said, before) {
    const summary = h("summary.line", {}, said, h("span.turn", {"aria-hidden": "true"}, drawn(icons.wide)), h("span.who", {title: entry.actor}, readable(entry.who)))
    const details = h("details", {open: Boolean(before && before.firstChild.open)}, summary)
    const fill = () => { if (details.open && details.children.length < 2) details.append(unfolded(entry)) }
    details.addEventListener("toggle", () => {
      fill()
      if (details.open && details.contains(details.getRootNode().activeElement)) details.scrollIntoView({block: "nearest"})
    })
    fill()
    return details
  }
  function draw() {
    const wanted = model.entries.map(line), ids = new Set(model.entries.map((entry) => entry.id))
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    keepChildren(list, wanted)
    title.textContent = model.title
    box.setAttribute("aria-label", model.title)
    list.hidden = !wanted.length
    empty.hidden = wanted.length > 0
    more.hidden = !model.more
    stale.hidden = !model.problem
    stale.textContent = model.problem
    empty.replaceChildren(...(model.empty_title
      ? [h("b", {}, model.empty_title), h("span", {}, model.empty_text)]
      : [skeleton("Still waiting for the audit trail.")]))
  }
  const go = (line) => { if (line) { line.focus({preventScroll: true}); line.scrollIntoView({block: "nearest"}) } }
  list.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key]
    if (!step || !plainKey(event) || !event.target.classList.contains("line")) return
    const all = [...list.querySelectorAll(".line")]
    event.preventDefault()
    go(all[all.indexOf(event.target) + step])
  })
  const onkey = (event) => {
    if (event.key !== "a" || !plainKey(event) || document.querySelector("[role=dialog]")) return
    go(list.querySelector(".line"))
  }
  window.addEventListener("keydown", onkey)
  model.on("remove", () => window.removeEventListener("keydown", onkey))
  model.on(["entries", "more", "problem", "empty_title", "empty_text", "title"], draw)
  draw()
  return box
}
