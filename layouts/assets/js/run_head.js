// The head of one run. It is drawn once; what moves is put in its place.

const TABS = [["results", "Results"], ["files", "Files"]]

export function render({model}) {
  const {badges, icons, states} = model.esm_constants
  const title = h("h2"), state = h("span"), facts = h("dl.facts"), why = h("p.why", {role: "status", hidden: true})
  const bars = h("div.bars"), verdicts = h("div.row")
  const refusal = h("p.refusal", {role: "alert", hidden: true}), stale = h("div.state.stale", {role: "alert", hidden: true})
  const close = h("button.button.quiet.square", {type: "button", title: "Close (Escape)", "aria-label": "Close", onclick: () => go({run: "", verdict: "", tab: ""})}, drawn(icons.close))

  // Actions. Cancelling asks once more, in the place of the button.
  const csv = h("a.button", {download: true}, drawn(icons.download), "Results as CSV")
  const send = h("button.button", {type: "button", onclick: () => go({send: model.run.id})}, drawn(icons.upload), "Send more files")
  const retry = h("button.button", {type: "button", onclick: () => model.send_msg({retry: true})}, drawn(icons.again), h("span"))
  const cancel = h("button.button", {type: "button", onclick: () => asks(true)}, "Cancel run")
  const sure = h("button.button.danger", {type: "button", onclick: () => { asks(false); model.send_msg({cancel: true}) }}, "Cancel it")
  const keep = h("button.button", {type: "button", onclick: () => { asks(false); cancel.focus() }}, "Keep it")
  const question = h("div.question", {role: "alertdialog", "aria-label": "Cancel this run?", hidden: true, onkeydown: (event) => {
    if (event.key === "Escape") { event.stopPropagation(); asks(false); cancel.focus() }
  }}, h("span", {}, "Cancel this run? What is judged stays; the rest will not be judged."), sure, keep)
  const copied = h("span", {role: "status"}, "Copy link")
  const link = h("button.button", {type: "button", onclick: copy}, drawn(icons.link), copied)
  const acts = h("div.acts", {}, csv, retry, send, link, cancel)

  function asks(wanted) {
    question.hidden = !wanted
    cancel.hidden = wanted || !model.can_cancel
    if (wanted) keep.focus()
  }
  async function copy() {
    const wanted = new URL(`${window.location.pathname}?run=${model.run.id}`, window.location.href).href
    try {
      await navigator.clipboard.writeText(wanted)
      copied.textContent = "Copied"
    } catch {
      window.prompt("The link to this run", wanted)  // pages without TLS may not write to the clipboard
    }
    setTimeout(() => { copied.textContent = "Copy link" }, 2000)
  }

  const tabs = TABS.map(([name, word]) => h("button.tab", {type: "button", role: "tab", "data-tab": name, onclick: () => choose(name)}, word, h("span.count")))
  const choose = (name) => go({tab: name === "results" ? "" : name})
  const onpop = () => { const wanted = address().tab || "results"; if (wanted !== model.tab) model.send_msg({tab: wanted}) }
  window.addEventListener("popstate", onpop)
  model.on("remove", () => window.removeEventListener("popstate", onpop))
  const drawTabs = () => tabs.forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.tab === model.tab)))

  const figure = (word, value, whole) => {
    const bar = h("i"), share = whole ? (100 * value) / whole : 0
    bar.style.width = `${share}%`
    return h("div.bar", {role: "progressbar", "aria-label": word, "aria-valuemin": "0", "aria-valuemax": String(whole), "aria-valuenow": String(value)},
      h("span", {}, word), h("span.track", {}, bar), h("span.value", {}, `${value.toLocaleString("en-US")} of ${whole.toLocaleString("en-US")}`))
  }
  const fact = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : [])

  function draw() {
    const {run} = model, known = Boolean(run.id)
    title.replaceChildren(model.missing ? "No such run" : known ? h(run.label ? "bdi" : "bdi.faint", {title: readable(run.label)}, readable(run.label) || "Run without a label") : "Run")
    for (const one of [acts, bars, facts, verdicts, list]) one.hidden = !known
    why.hidden = !(model.missing || run.why)
    why.textContent = model.missing ? "It was never made here, or its address is not whole. Choose a run from the table." : run.why || ""
    stale.hidden = !model.problem
    stale.textContent = model.problem
    refusal.hidden = !model.refusal
    refusal.textContent = model.refusal
    state.replaceChildren(known ? stateBadge(states, run.state) : "")
    waits.hidden = known || model.missing
    if (!known) return
    const {whole, received, opened, judged, cancelled} = run.progress, {counts} = run
    const files = counts.files + counts.members
    bars.replaceChildren(figure("Received", received, whole), figure("Opened", opened, whole), figure("Judged", judged, whole), ...(cancelled ? [figure("Cancelled", cancelled, whole)] : []))
    verdicts.replaceChildren(tallies(badges, counts, true))
    facts.replaceChildren(...fact("Recipe", h("bdi", {}, run.recipe || "None: read and not judged")), ...fact("Station", h("bdi", {}, run.station)),
      ...fact("Lot", run.lot && h("bdi", {}, run.lot)), ...fact("Tray", run.tray && h("bdi", {}, run.tray)), ...fact("Begun by", h("bdi", {}, run.who)),
      ...fact("Begun", clock(run.created_at)), ...fact("Took", run.finished_at && took(run.created_at, run.finished_at)))
    csv.href = `/v1/runs/${run.id}/results.csv`
    csv.download = `run-${run.id}.csv`
    retry.hidden = !model.can_retry
    retry.lastChild.textContent = `Retry ${counts.errors.toLocaleString("en-US")} ${counts.errors === 1 ? "failure" : "failures"}`
    send.hidden = !model.can_send
    cancel.hidden = !model.can_cancel || !question.hidden
    if (!model.can_cancel) question.hidden = true
    for (const one of [retry, cancel, sure]) one.disabled = model.busy
    tabs[0].lastChild.textContent = counts.inspections.toLocaleString("en-US")
    tabs[1].lastChild.textContent = counts.files_refused ? `${files.toLocaleString("en-US")}, ${counts.files_refused.toLocaleString("en-US")} refused` : files.toLocaleString("en-US")
  }
  const waits = h("div.skeleton", {"aria-busy": "true"}, h("i.bar"), h("i.bar"), h("p.late", {}, "Still waiting for the run."))
  const list = h("div.tabs", {role: "tablist", "aria-label": "Of this run"}, tabs)
  model.on(["run", "busy", "can_cancel", "can_retry", "can_send", "missing", "problem", "refusal"], draw)
  model.on("tab", drawTabs)
  draw()
  drawTabs()
  return h("div.run-head", {}, h("header", {}, title, state, close), stale, why, waits, bars, verdicts, facts, acts, question, refusal, list)
}
