// The runs, newest first. Rows are kept and moved, never drawn anew, so that focus stays while runs move.

const TYPES = {parts: "", tray: "Tray"}
const TYPED_MS = 400

export function render({model}) {
  const {badges, icons, states} = model.esm_constants
  const rows = new Map()

  // Filters: each control is one name in the address.
  const day = (iso) => { const at = new Date(iso || NaN); return Number.isNaN(at.getTime()) ? "" : dayOf(at) }
  const startOf = (text, days = 0) => { if (!text) return ""; const at = new Date(`${text}T00:00Z`); at.setUTCDate(at.getUTCDate() + days); return beginOf(at).toISOString().replace(/:00\.000Z$/, "Z") }
  const dayBefore = (iso) => (iso ? day(new Date(new Date(iso) - 1).toISOString()) : "")
  let typed = null
  const whenTyped = (name) => ({target}) => { clearTimeout(typed); typed = setTimeout(() => go({[name]: target.value.trim()}), TYPED_MS) }
  const now = (name, to = (value) => value) => (event) => { clearTimeout(typed); go({[name]: to(event.target.value)}) }
  const option = (value, word) => h("option", {value}, word)
  const controls = {
    label: h("input", {type: "search", placeholder: "Any label", maxlength: "200", oninput: whenTyped("label")}),
    state: h("select", {onchange: now("state")}, option("", "Any state"), Object.entries(states).map(([value, look]) => option(value, look.word))),
    station: h("select", {onchange: now("station")}),
    lot: h("input", {type: "search", placeholder: "Any lot", maxlength: "200", oninput: whenTyped("lot")}),
    since: h("input", {type: "date", onchange: now("since", startOf)}),
    until: h("input", {type: "date", onchange: now("until", (value) => startOf(value, 1))}),
  }
  const words = {label: "Label", state: "State", station: "Station", lot: "Lot", since: "From", until: "To"}
  const clear = h("button.button.quiet", {type: "button", onclick: () => go(Object.fromEntries(Object.keys(controls).map((name) => [name, ""])))}, "Clear filters")
  const filters = h("form.filters", {role: "search", "aria-label": "Filter the runs", onsubmit: (event) => event.preventDefault()},
    Object.entries(controls).map(([name, control]) => { control.setAttribute("aria-label", words[name]); return h(`label.by-${name}`, {}, h("span", {}, words[name]), control) }), clear)

  function drawStations() {
    const wanted = address().station || "", known = [...new Set([...model.stations, wanted])].filter(Boolean)
    controls.station.replaceChildren(option("", "Any station"), ...known.map((name) => option(name, name)))
    controls.station.value = wanted
  }
  function drawFilters() {
    const said = address()
    const shown = {...said, since: day(said.since), until: dayBefore(said.until)}
    for (const [name, control] of Object.entries(controls)) {
      if (name !== "station" && control.getRootNode().activeElement !== control) control.value = shown[name] || ""
    }
    drawStations()
    clear.hidden = !Object.keys(controls).some((name) => said[name])
  }
  const told = () => { drawFilters(); model.send_msg({address: address()}) }
  window.addEventListener("popstate", told)

  // Rows.
  const where = (top, under) => [h("span.top", {title: top}, h("bdi", {}, top || "–")), h("span.under", {title: under}, h("bdi", {}, under))]
  const kind = (item) => [TYPES[item.type] && `${TYPES[item.type]}`, item.who && `by ${item.who}`].filter(Boolean).join(", ")
  const unjudged = ({counts, progress}) => [counts.files_refused && `${counts.files_refused.toLocaleString("en-US")} ${counts.files_refused === 1 ? "file" : "files"} refused`,
    counts.errors && `${counts.errors.toLocaleString("en-US")} could not be inspected`,
    progress.cancelled && `${progress.cancelled.toLocaleString("en-US")} cancelled`].filter(Boolean).join(", ")
  const lasting = (item) => h("span.under.took", {"data-begun": item.created_at, "data-ended": item.finished_at}, took(item.created_at, item.finished_at))

  function row(item) {
    const known = rows.get(item.id), state = JSON.stringify(item)
    if (known && known.dataset.state === state) return known
    const name = readable(item.label) || "Run without a label"
    const link = h("a.name", {href: addressWith({run: item.id, send: ""}), "data-id": item.id, "aria-label": `${name}. ${states[item.state].word}. ${item.figure}. ${unjudged(item)}`,
      onclick: (event) => { if (!event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); go({run: item.id, send: ""}) } }},
      h("span.top", {title: name}, h(item.label ? "bdi" : "bdi.faint", {}, name)))
    const element = known || h("tr", {onclick: (event) => { if (!event.composedPath().some((one) => one.tagName === "A")) element.querySelector("a.name").click() }})
    const focused = known && known.contains(element.getRootNode().activeElement)
    element.dataset.state = state
    element.replaceChildren(
      h("th", {scope: "row"}, link, h("span.under", {}, kind(item))),
      h("td.stage", {}, stateBadge(states, item.state), item.why ? h("span.under", {title: item.why}, item.why) : ""),
      h("td.how", {}, progressBar(item), h("span.under", {}, item.figure)),
      h("td.verdicts", {}, tallies(badges, item.counts), h("span.under.refused", {title: unjudged(item)}, unjudged(item))),
      h("td.place", {}, where(item.station, item.lot ? `Lot ${item.lot}` : "")),
      h("td.recipe", {}, where(item.recipe.replace(/, version \d+$/, "") || "Read only", (/version \d+$/.exec(item.recipe) || [""])[0].replace("version", "Version"))),
      h("td.when", {}, clock(item.created_at), lasting(item)))
    if (focused) link.focus()
    rows.set(item.id, element)
    return element
  }

  const body = h("tbody")
  const head = h("thead", {}, h("tr", {}, [["Run", "name"], ["State", "stage"], ["Progress", "how"], ["Verdicts", "verdicts"], ["Station, lot", "place"], ["Recipe", "recipe"], ["Begun, took", "when"]]
    .map(([word, css]) => h(`th.${css}`, {scope: "col"}, word))))
  const table = h("table", {"aria-label": "Runs, newest first"}, head, body)
  const empty = h("div.empty", {hidden: true})
  const stale = h("div.state.stale", {role: "alert", hidden: true})
  const more = h("div.foot", {hidden: true}, h("button.button.quiet", {type: "button", onclick: () => model.send_msg({more: true})}, "Show older runs"))
  const scroll = h("div.scroll", {}, table, empty, more)

  function draw() {
    const wanted = model.items.map(row), ids = new Set(model.items.map((item) => item.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    keepChildren(body, wanted)
    table.hidden = !wanted.length
    more.hidden = !model.more
    empty.hidden = wanted.length > 0
    stale.hidden = !model.problem
    stale.textContent = model.problem
    empty.replaceChildren(...(model.empty_title
      ? [h("b", {}, model.empty_title), h("span", {}, model.empty_text), Object.keys(controls).some((name) => address()[name]) || !model.sends ? "" : h("button.button", {type: "button", onclick: begin}, "New run")]
      : [h("div.skeleton", {"aria-busy": "true"}, h("i.bar"), h("i.bar"), h("i.bar"), h("p.late", {}, "Still waiting for the runs."))]))
    drawOpen()
  }
  function drawOpen() {
    for (const [id, element] of rows) {
      element.classList.toggle("open", id === model.open)
      element.querySelector("a.name").setAttribute("aria-current", String(id === model.open))
    }
  }
  const tick = setInterval(() => {
    for (const one of body.querySelectorAll(".took[data-ended='']")) one.textContent = took(one.dataset.begun, "")
  }, 1000)

  // What this browser was sending when its page was closed can be gone on with.
  const cut = h("div.state.stale.cut", {role: "status", hidden: true})
  async function lookForCut() {
    const found = cutOff()
    cut.hidden = !found || address().send === found[0]
    if (!found) return
    const [run, {label, files}] = found
    const view = await fetch(`/v1/runs/${run}`).then((response) => (response.ok ? response.json() : response.status === 404 ? {state: "gone"} : null)).catch(() => null)
    if (!view) return
    if (view.state !== "pending") {
      cut.hidden = true
      return forgetRun(run)
    }
    const here = view.counts.files - view.counts.files_receiving
    cut.replaceChildren(h("p", {}, "The upload of ", h("bdi", {}, readable(label || "") || "a run without a label"), ` was cut off: ${here.toLocaleString("en-US")} of ${files.toLocaleString("en-US")} files are stored. Give the same files again, and it goes on where it was.`),
      h("button.button", {type: "button", onclick: () => go({send: run})}, "Go on"))
  }
  const looks = model.sends ? setInterval(lookForCut, 4000) : 0
  if (model.sends) lookForCut()

  const begin = () => go({send: "new"})
  const walk = walks(table, () => [...body.querySelectorAll("a.name")], () => !address().run && !address().send)
  const onkey = (event) => {
    if (!plainKey(event) || document.querySelector("[role=dialog]")) return
    const said = address()
    if (event.key === "n" && model.sends) begin()
    else if (event.key === "Escape" && (said.run || said.send)) go(said.send ? {send: ""} : {run: "", verdict: "", tab: ""})
    else return walk(event)
    event.preventDefault()
  }
  window.addEventListener("keydown", onkey)

  model.on(["items", "more", "problem", "empty_title", "empty_text"], draw)
  model.on("open", drawOpen)
  model.on("stations", drawStations)
  model.on("remove", () => {
    window.removeEventListener("popstate", told)
    window.removeEventListener("keydown", onkey)
    clearInterval(tick)
    clearInterval(looks)
  })
  draw()
  drawFilters()
  return h("section.box", {"aria-label": "Runs"},
    h("div.head", {}, h("h1", {}, "Runs"), model.sends ? h("button.button.primary", {type: "button", title: "New run (n)", onclick: begin}, drawn(icons.plus), "New run") : ""),
    filters, cut, stale, scroll)
}
