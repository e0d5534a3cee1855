// A run on its way: its files are gathered, then sent, then the run is completed. What was cut off is gone on with when its
// files are given again; those that are stored are not sent twice.

const ROW_PX = 40, DRAW_MS = 200, TELL_MS = 2000, MOST_FAILED = 50

export function render({model}) {
  const {icons} = model.esm_constants
  const endpoint = new URL(model.endpoint, window.location.href).href
  let batch = null, key = "", walking = 0, lost = [], phase = "gather", problem = "", into = null
  let drawing = null, asking = false, cancelling = false

  function anew() {
    if (batch) batch.stop()
    batch = new Batch({endpoint, source: model.library, changed: later, idle: settle})
    Object.assign(batch, {began: 0})
    key = freshKey()
    lost = []
    problem = ""
    asking = cancelling = false
    turn("gather")
  }
  // gather: nothing is sent yet; begin: the run is being made; send; ask: some failed and a person decides; complete.
  function turn(to) {
    phase = to
    const sending = phase === "send" || phase === "ask" || phase === "complete"
    document.documentElement.toggleAttribute("data-sending", sending)  // the page is not loaded again meanwhile (watch.js)
    later()
  }

  // Gathering.
  function take(found) {
    for (const one of found) {
      if (one.file) batch.add(one.file, one.path)
      else lost.push(one.lost)
    }
    if (!address().send) go({send: "new"})
    if (batch.run) remembered()
    later()
  }
  function walks(begun) {
    walking += begun ? 1 : -1
    if (!walking) goOn()
    later()
  }
  // Files that were given to a run which is under way, or which is gone on with, are sent without being asked.
  function goOn() {
    if (!batch.uploads.length) return
    if (phase === "ask") turn("send")
    if (batch.run) batch.pump()
    else if (into && into.ready) run(into.id)
  }

  // Sending.
  function start() {
    if (!batch.tally.waiting || phase !== "gather" || walking) return
    problem = ""
    turn("begin")
    model.send_msg({begin: key})
  }
  function answered() {
    const {key: of, run: id, problem: why} = model.answer
    if (of !== key || phase !== "begin") return
    if (id) return run(id)
    problem = why || "The run could not be begun."
    key = freshKey()
    turn("gather")
  }
  function run(id) {
    turn("send")
    batch.began = performance.now()
    batch.run = id
    remembered()
    batch.begin(id)
  }
  const remembered = () => rememberRun(batch.run, {label: into ? into.label : model.label, files: batch.uploads.length, begun: batch.begun || (batch.begun = Date.now()), at: Date.now()})
  const tells = setInterval(() => { if (batch.run && phase !== "gather") rememberRun(batch.run, {at: Date.now()}) }, TELL_MS)
  const leaves = () => { if (batch.run) rememberRun(batch.run, {at: 0}) }
  const warns = (event) => { if (phase === "send" || phase === "complete") event.preventDefault() }
  window.addEventListener("pagehide", leaves)
  window.addEventListener("beforeunload", warns)

  function settle() {
    if (phase !== "send" || walking || batch.paused) return
    if (batch.tally.failed || short() > 0) return turn("ask")
    complete()
  }
  // Of a run that is gone on with: how many files it was to have that nobody has given again.
  const short = () => (into ? Math.max(0, into.files - batch.uploads.length) : 0)
  async function complete() {
    const {run: id} = batch
    problem = ""
    turn("complete")
    try {
      await completeRun(model.runs, model.endpoint, id)
    } catch (error) {
      problem = error.message
      return turn("ask")
    }
    over(id)
  }
  function over(id) {
    forgetRun(id)
    into = null
    anew()
    model.send_msg({over: true})
    if (address().send) go({send: "", run: id})
  }
  async function cancel() {
    const {run: id} = batch
    asking = false
    cancelling = true
    batch.stop()
    turn("complete")
    try {
      await ask("POST", `${model.runs}/${id}/cancel`)
    } catch (error) {
      problem = error.message
      return turn("ask")
    }
    over(id)
  }

  // Going on with a run that was cut off.
  let before = model.send
  async function turnTo() {
    if (batch.run && phase !== "gather") return
    if (!model.send || model.send === "new") {
      if (into) { into = null; anew() }
      if (model.send && !before) setTimeout(() => choose.focus())  // whoever opened this with a key goes on from here
      before = model.send
      return later()
    }
    if (into && into.id === model.send) return
    const id = before = model.send
    into = {id, label: "", files: 0, here: 0, ready: false}
    anew()
    try {
      const view = await ask("GET", `${model.runs}/${id}`)
      if (view.state !== "pending") throw new Error("This run takes no more files: all of them had been sent, or it has ended. Begin a new run for others.")
      const here = await alreadyThere(model.runs, id, (files) => { into.here = files; later() })
      if (!into || into.id !== id) return
      batch.here = here
      Object.assign(into, {label: view.label, files: (unfinished()[id] || {}).files || 0, ready: true})
      if (batch.uploads.length) {  // given while it was asked
        const given = batch.uploads
        anew()
        batch.here = here
        take(given)
        if (!walking) goOn()
      }
    } catch (error) {
      problem = error.message
    }
    later()
  }

  // Drawing: at most a few times a second, whatever happens.
  function later() {
    if (drawing === null) drawing = setTimeout(() => { drawing = null; draw() }, DRAW_MS)
  }

  const zoneTitle = h("b"), zoneText = h("small")
  const input = fileInput((files) => taken.chosen(files), {accept: "image/*,.zip,application/zip"})
  const folderInput = fileInput((files) => taken.chosen(files), {webkitdirectory: true})
  const choose = h("button.button", {type: "button", title: "Choose files (o)", onclick: () => input.click()}, "Choose files")
  const chooseFolder = h("button.button", {type: "button", onclick: () => folderInput.click()}, drawn(icons.folder), "Choose a folder")
  const zone = h("div.zone", {}, drawn(icons.upload), zoneTitle, h("div.choose", {}, choose, chooseFolder), zoneText, input, folderInput)
  const taken = takesFiles(zone, take, {busy: walks, pick: () => { go({send: address().send || "new"}); setTimeout(() => { choose.focus(); input.click() }) }})

  const form = h("div.form", {}, model.get_child("form"))
  const title = h("h2")
  const close = h("button.button.quiet.square", {type: "button", title: "Close (Escape)", "aria-label": "Close", onclick: () => go({send: ""})}, drawn(icons.close))
  const said = h("p.problem", {role: "alert", hidden: true}), unread = h("p.unread", {hidden: true})
  const figure = h("div.figure", {role: "status", "aria-live": "off"}), bar = h("i"), whole = h("div.whole", {role: "progressbar", "aria-label": "Sent"}, bar)
  const send = h("button.button.primary", {type: "button", onclick: start})
  const clear = h("button.button.quiet", {type: "button", onclick: anew}, "Clear")
  const hold = h("button.button", {type: "button", onclick: () => { batch.paused ? batch.resume() : batch.pause() }})
  const again = h("button.button", {type: "button", onclick: () => { turn("send"); batch.retry(failed()) }}, drawn(icons.again), "Retry all that failed")
  const without = h("button.button", {type: "button", onclick: complete})
  const stop = h("button.button", {type: "button", onclick: () => { asking = true; draw(); keep.focus() }}, "Cancel")
  const sure = h("button.button.danger", {type: "button", onclick: cancel}, "Cancel the run")
  const keep = h("button.button", {type: "button", onclick: () => { asking = false; draw(); stop.focus() }}, "Go on sending")
  const question = h("div.question", {role: "alertdialog", "aria-label": "Cancel this run?", hidden: true}, h("span", {}, "Cancel this run? What was sent of it will not be judged."), sure, keep)
  const buttons = h("div.buttons", {}, send, hold, again, without, stop, clear)
  const troubles = h("ul.troubles", {"aria-label": "Files that failed"})
  const others = h("li.trouble")
  const list = longList({label: "Files", rowPx: ROW_PX, row: fileRow})
  const panel = h("div.panel", {hidden: true}, figure, whole, buttons, question, troubles, list.box)

  const failed = () => batch.uploads.filter((one) => one.state === "failed")
  const HOW = {waiting: "waiting", stored: "stored", failed: "failed"}
  function how(upload) {
    const {perSecond} = upload.speed, share = upload.size ? Math.floor((100 * upload.sent) / upload.size) : 0
    if (upload.state === "again") return `${upload.why} Trying again`
    if (upload.state === "waiting" && !batch.run) return ""
    if (upload.state !== "sending") return HOW[upload.state]
    return [`${share} %`, perSecond && `${size(perSecond)}/s`, perSecond && `${span((upload.size - upload.sent) / perSecond)} left`].filter(Boolean).join(", ")
  }
  const leaveOut = (upload) => {
    batch.drop(upload)
    if (phase === "ask") { turn("send"); settle() }
  }
  // The row of a file, made when it first comes into view and kept.
  function fileRow(upload) {
    if (!upload.row) {
      const line = h("i"), told = h("span.how"), name = upload.path
      const leave = h("button.leave", {type: "button", title: "Leave this file out", "aria-label": `Leave ${name} out`, onclick: () => leaveOut(upload)}, drawn(icons.close))
      upload.row = h("li", {}, pathLabel(name), h("span.size", {}, size(upload.size)), told, leave, line)
      upload.drawRow = () => {
        upload.row.className = `item is-${upload.state}`
        told.textContent = told.title = how(upload)
        leave.disabled = upload.state === "stored" || phase === "complete"
        line.style.width = upload.size && upload.state !== "stored" ? `${(100 * upload.sent) / upload.size}%` : "0"
      }
    }
    upload.drawRow()
    return upload.row
  }
  function troubleRow(upload) {
    if (upload.trouble && upload.told === upload.why) return upload.trouble
    upload.told = upload.why
    upload.trouble = h("li.trouble", {}, pathLabel(upload.path), h("span.why", {}, upload.why), h("span.acts", {},
      h("button.button", {type: "button", "aria-label": `Retry ${upload.path}`, onclick: () => { turn("send"); batch.retry([upload]) }}, "Retry"),
      h("button.button.quiet", {type: "button", "aria-label": `Leave ${upload.path} out`, onclick: () => leaveOut(upload)}, "Leave out")))
    return upload.trouble
  }

  // What is under way stands first, then what waits; what is stored goes to the end.
  const ORDER = {failed: 0, again: 1, sending: 1, waiting: 2, stored: 3}
  const inOrder = () => {
    const groups = [[], [], [], []]
    for (const upload of batch.uploads) groups[ORDER[upload.state]].push(upload)
    return groups.flat()
  }

  function telling() {
    const {tally, bytes, sentBytes: sent} = batch, files = batch.uploads.length
    if (walking) return `Looking through folders: ${count(files, "file")} so far, ${size(bytes)}`
    if (phase === "gather") return `${count(files, "file")}, ${size(bytes)}`
    if (phase === "begin") return "Beginning the run"
    if (phase === "complete") return cancelling ? "Cancelling the run" : "All files are stored; completing the run"
    if (phase === "ask") return [`${number(tally.stored)} of ${count(Math.max(files, into ? into.files : 0), "file")} stored`, tally.failed && `${number(tally.failed)} failed`, short() && `${number(short())} not given again`].filter(Boolean).join(", ")
    const speed = batch.speed.perSecond
    const left = speed ? `${span((bytes - sent) / speed)} left` : ""
    return [`${number(tally.stored)} of ${count(files, "file")}`, `${size(sent)} of ${size(bytes)}`, batch.paused ? "paused" : speed ? `${size(speed)}/s` : "", batch.paused ? "" : left, tally.failed ? `${number(tally.failed)} failed` : ""].filter(Boolean).join(" · ")
  }

  function draw() {
    const files = batch.uploads.length, {tally} = batch
    if (phase === "send" && !batch.paused) batch.speed.mark(batch.sentBytes, performance.now())
    title.replaceChildren(...(into ? ["Going on with ", h("bdi", {title: readable(into.label)}, readable(into.label) || "a run without a label")] : batch.run ? ["Sending a run"] : ["New run"]))
    zone.classList.toggle("small", files > 0)
    zoneTitle.textContent = into ? "Give the same files or folder again" : "Drop photos, zip archives or whole folders here"
    zoneText.textContent = into ? `${number(into.here)}${into.files ? ` of ${number(into.files)}` : ""} files are stored already and are not sent again.` : "JPEG, PNG, WebP, BMP or TIFF, and zip archives of them"
    zone.hidden = phase === "complete" || phase === "begin"
    form.hidden = Boolean(into) || !(phase === "gather" || phase === "begin")
    said.hidden = !problem
    said.textContent = problem
    unread.hidden = !lost.length
    unread.textContent = lost.length ? `${count(lost.length, "file or folder", "files or folders")} could not be read and ${lost.length === 1 ? "is" : "are"} left out: ${lost.slice(0, 3).join(", ")}${lost.length > 3 ? " and others" : ""}.` : ""
    panel.hidden = !files && !walking && phase === "gather"
    figure.textContent = telling()
    const share = batch.bytes ? (100 * batch.sentBytes) / batch.bytes : 0
    whole.hidden = phase === "gather"
    bar.style.width = `${share}%`
    whole.setAttribute("aria-valuenow", String(Math.floor(share)))
    send.hidden = phase !== "gather" || Boolean(into)
    send.disabled = !files || walking > 0
    send.textContent = `Send ${count(files, "file")}`
    clear.hidden = phase !== "gather"
    hold.hidden = phase !== "send"
    hold.replaceChildren(drawn(icons[batch.paused ? "play" : "pause"]), batch.paused ? "Resume" : "Pause")
    again.hidden = !tally.failed || tally.failed < 2 || !batch.run
    without.hidden = phase !== "ask" || !tally.stored
    without.textContent = `Begin with the ${number(tally.stored)} stored`
    stop.hidden = !batch.run || phase === "complete" || asking
    question.hidden = !asking || phase === "complete"
    const bad = failed()
    troubles.hidden = !bad.length
    others.textContent = `And ${number(bad.length - MOST_FAILED)} more.`
    keepChildren(troubles, [...bad.slice(0, MOST_FAILED).map(troubleRow), ...(bad.length > MOST_FAILED ? [others] : [])])
    list.show(inOrder())
    if (phase === "send" && !batch.paused) later()
  }

  model.on("answer", answered)
  model.on("send", turnTo)
  model.on("remove", () => {
    taken.end()
    batch.stop()
    clearInterval(tells)
    clearTimeout(drawing)
    window.removeEventListener("pagehide", leaves)
    window.removeEventListener("beforeunload", warns)
    document.documentElement.removeAttribute("data-sending")
  })
  anew()
  turnTo()
  draw()
  return h("div.sender", {}, h("header", {}, title, close), zone, form, said, unread, panel)
}
