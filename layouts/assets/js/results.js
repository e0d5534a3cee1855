// The results, newest first. Rows are kept and moved, never drawn anew, so that focus stays while results come in.

const FILTERS = [["", "All"], ["pass", "Pass"], ["borderline", "Borderline"], ["fail", "Fail"], ["not_judged", "Not judged"]]
const THUMB_WH = [96, 56]

export function render({model}) {
  const {badges, icons} = model.esm_constants
  const rows = new Map()
  const list = h("ul", {"aria-label": "Results, newest first"})
  const empty = h("div.empty", {hidden: true})
  const stale = h("div.state.stale", {role: "alert", hidden: true})
  const more = h("div.foot", {hidden: true}, h("button.button.quiet", {type: "button", onclick: () => model.send_msg({more: true})}, "Show older results"))

  function mark(lines) {
    const words = lines.flatMap((line, index) => (index ? [h("i", {"aria-hidden": "true"}, "/"), line] : [line]))
    return h("span.mark", {title: lines.join("\n")}, words.length ? words : h("span.faint", {}, "–"))
  }

  // The package alone, turned until its mark reads upright; the whole photo while nothing has been found in it.
  function thumb({thumb: src, size_wh: size, outline, rotation_ccw_deg: turn}) {
    const image = h("img", {src, alt: "", loading: "lazy", decoding: "async"})
    if (outline && size.length) {
      const angle = -turn * Math.PI / 180
      const turned = outline.map(([x, y]) => [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)])
      const [xs, ys] = [0, 1].map((axis) => turned.map((point) => point[axis]))
      const scale = 0.94 * Math.min(THUMB_WH[0] / (Math.max(...xs) - Math.min(...xs)), THUMB_WH[1] / (Math.max(...ys) - Math.min(...ys)))
      const [x, y] = [0, 1].map((axis) => outline.reduce((sum, point) => sum + point[axis], 0) / 4)
      image.className = "cut"
      image.style.cssText = `width:${size[0]}px;height:${size[1]}px;transform:translate(${THUMB_WH[0] / 2}px,${THUMB_WH[1] / 2}px) rotate(${-turn}deg) scale(${scale}) translate(${-x}px,${-y}px)`
    }
    return h("span.thumb", {}, image)
  }

  function teach(item) {
    return h("a.button.quiet.teach", {href: item.teach_href, title: "Make recipe (m)", "aria-label": `Make recipe from ${item.lines.join(", ")}`},
      drawn(icons.plus), h("span.word", {}, "Make recipe"))
  }

  function row(item) {
    const known = rows.get(item.id)
    const state = JSON.stringify(item)
    if (known && known.dataset.state === state) return known
    const link = h("a.row", {href: item.href, "data-id": item.id, "aria-label": `${(badges[item.verdict || item.state] || badges.queued).word}. ${item.lines.join(", ") || "Nothing read yet"}. ${item.why}`},
      thumb(item),
      badge(badges, item.verdict, item.state),
      h("span.said", {}, mark(item.lines), h("span.why", {title: item.why}, item.why)),
      clock(item.created_at))
    const element = known || h("li")
    const focused = known && known.contains(element.getRootNode().activeElement)
    element.dataset.state = state
    element.replaceChildren(link, item.teach_href ? teach(item) : "")
    if (focused) link.focus()
    rows.set(item.id, element)
    return element
  }

  function draw() {
    const wanted = model.items.map(row)
    const ids = new Set(model.items.map((item) => item.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    keepChildren(list, wanted)
    list.hidden = !wanted.length
    list.classList.toggle("teaches", model.items.some((item) => item.teach_href))
    empty.hidden = wanted.length > 0
    more.hidden = !model.more
    stale.hidden = !model.problem
    stale.textContent = model.problem
    empty.replaceChildren(...(model.empty_title
      ? [h("b", {}, model.empty_title), h("span", {}, model.empty_text)]
      : [skeleton("Still waiting for the results.")]))
  }

  const walk = walks(list, () => [...list.querySelectorAll("a.row")])
  const onkey = (event) => {
    const inside = event.composedPath().includes(list)
    const offered = inside && event.key === "m" && event.composedPath()[0].closest("li").querySelector("a.teach")
    if (offered && plainKey(event)) offered.click()
    else walk(event)
  }
  window.addEventListener("keydown", onkey)

  // The filter is in the address, so that a link, back and forward show the same results.
  function choose(value) {
    const query = new URLSearchParams(window.location.search)
    if (value) query.set("verdict", value)
    else query.delete("verdict")
    window.history.pushState({}, "", `${window.location.pathname}${query.size ? `?${query}` : ""}`)
    model.verdict = value
  }
  const onpop = () => {
    const wanted = new URLSearchParams(window.location.search).get("verdict") || ""
    model.verdict = FILTERS.some(([value]) => value === wanted) ? wanted : ""
  }
  window.addEventListener("popstate", onpop)

  // A search leads to this page anew; the filter may change while it is open, and stays when the search is left.
  const heading = h("h2")
  const drawHeading = () => {
    const all = model.verdict ? `?verdict=${model.verdict}` : ""
    heading.replaceChildren(...(model.find
      ? ["Results for ", h("q.mark", {}, model.find), h("a.leave", {href: `${window.location.pathname}${all}`}, "Leave the search")]
      : ["Results"]))
  }
  const filters = FILTERS.map(([value, word]) => h("button.filter", {type: "button", "data-value": value, onclick: () => choose(value)}, word))
  const drawFilters = () => filters.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.value === model.verdict)))

  model.on(["items", "more", "problem", "empty_title", "empty_text"], draw)
  model.on("verdict", drawFilters)
  model.on(["find", "verdict"], drawHeading)
  model.on("remove", () => {
    window.removeEventListener("keydown", onkey)
    window.removeEventListener("popstate", onpop)
  })
  draw()
  drawFilters()
  drawHeading()
  return h("section.box", {"aria-label": "Results"},
    h("div.head", {}, heading, h("div.filters", {role: "toolbar", "aria-label": "Show"}, filters)),
    stale, list, empty, more)
}
