// The files of one run on their way to the server, three at a time, by tus: each is gone on with where it was, whatever was
// killed, and one that fails holds up no other.

const AT_ONCE = 3
const SMALL = 4_000_000  // sent with the request that creates it; larger ones can be gone on with after a reload too
const AGAIN_MS = [0, 300, 1000, 2000, 3000, ...Array(20_000).fill(5000)]
const PASSING = new Set([0, 408, 409, 423, 425, 429, 460])  // of answers that are no 5xx: try again
const FULL = 507
const WINDOW_MS = 6000

const libraries = new Map()
function library(src) {
  if (!libraries.has(src)) {
    libraries.set(src, new Promise((resolve, reject) => {
      const element = document.createElement("script")
      element.src = src
      element.onload = () => resolve(window.tus)
      element.onerror = () => { libraries.delete(src); element.remove(); reject(new Error("The upload program could not be fetched from the server.")) }
      document.head.append(element)
    }))
  }
  return libraries.get(src)
}

const passes = (status) => PASSING.has(status) || (status >= 500 && status !== FULL)

// How the server calls a file (dashboard.api.upload.path_name): folders parted by "/", nothing that leads out of them.
function pathName(path) {
  const steps = path.replaceAll("\\", "/").replace(/[\u0000-\u001f\u007f]/g, "").split("/")
  return steps.filter((step) => !["", ".", ".."].includes(step.trim())).join("/").slice(-1000).replace(/^\/+/, "") || "unnamed"
}

// Bytes a second over the last seconds, so that the figure follows the line and does not tremble.
class Speed {
  constructor() { this.marks = [] }
  mark(bytes, now) {
    this.marks.push([now, bytes])
    while (this.marks.length > 2 && now - this.marks[0][0] > WINDOW_MS) this.marks.shift()
  }
  forget() { this.marks = [] }
  get perSecond() {
    if (this.marks.length < 2) return 0
    const [[then, before], [now, bytes]] = [this.marks[0], this.marks.at(-1)]
    return now - then < 200 ? 0 : Math.max(0, (bytes - before) / ((now - then) / 1000))
  }
}

class Upload {
  constructor(file, path) {
    Object.assign(this, {file, path, size: file.size, sent: 0, state: "waiting", why: "", key: freshKey(), tus: null, speed: new Speed()})
  }
}

class Batch {
  // `changed` is called whenever anything has moved; `idle` when nothing is left that could be sent.
  constructor({endpoint, source, changed, idle}) {
    Object.assign(this, {endpoint, source, changed, idle})
    this.run = ""
    this.uploads = []
    this.queue = []
    this.active = new Set()
    this.paused = false
    this.bytes = 0
    this.tally = {waiting: 0, sending: 0, stored: 0, failed: 0}
    this.storedBytes = 0
    this.speed = new Speed()
    this.here = new Map()  // what the run has already, by name and size: how often
  }

  add(file, path) {
    const upload = new Upload(file, pathName(path)), key = `${upload.path}\n${upload.size}`
    this.uploads.push(upload)
    this.bytes += upload.size
    this.tally.waiting += 1
    if (this.here.get(key) > 0) {
      this.here.set(key, this.here.get(key) - 1)
      upload.sent = upload.size
      this.move(upload, "stored")
    } else this.queue.push(upload)
  }

  move(upload, state, why = "") {
    const group = (one) => (one === "again" ? "sending" : one)
    this.tally[group(upload.state)] -= 1
    this.tally[group(state)] += 1
    if (state === "stored") this.storedBytes += upload.size
    Object.assign(upload, {state, why})
    this.changed()
  }

  get sentBytes() {
    let sent = this.storedBytes
    for (const upload of this.active) sent += upload.sent
    return sent
  }

  // Nothing is left that could be sent.
  get over() { return !this.tally.waiting && !this.tally.sending }

  begin(run) {
    this.run = run
    this.pump()
  }

  pump() {
    if (!this.run || this.paused) return
    while (this.active.size < AT_ONCE && this.queue.length) this.send(this.queue.shift())
    if (this.over) this.idle()
  }

  async send(upload) {
    this.active.add(upload)
    this.move(upload, "sending")
    try {
      upload.tus = upload.tus || await this.made(upload)
      if (this.active.has(upload)) upload.tus.start()
    } catch (error) {
      this.fail(upload, error.message)
    }
  }

  async made(upload) {
    const tus = await library(this.source), {run} = this
    const large = upload.size > SMALL
    const made = new tus.Upload(upload.file, {
      endpoint: this.endpoint,
      metadata: {filename: upload.path, run},
      retryDelays: AGAIN_MS,
      headers: {"Idempotency-Key": upload.key},
      uploadDataDuringCreation: !large,
      storeFingerprintForResuming: large,
      removeFingerprintOnSuccess: true,
      fingerprint: () => Promise.resolve(["marksight", run, upload.path, upload.size, upload.file.lastModified].join("|")),
      onShouldRetry: (error) => this.retries(upload, error),
      // The library would begin anew where the question how far it has come fails for a while.
      onAfterResponse: (request, response) => { if (request.getMethod() === "HEAD" && response.getStatus() >= 500) throw new Error("not yet") },
      onProgress: (sent) => this.progress(upload, sent),
      onSuccess: () => { upload.sent = upload.size; this.leave(upload, "stored") },
      onError: (error) => this.fail(upload, this.reason(error)),
    })
    const [before] = large ? await made.findPreviousUploads() : []
    if (before) made.resumeFromPreviousUpload(before)
    return made
  }

  progress(upload, sent) {
    upload.sent = sent
    upload.speed.mark(sent, performance.now())
    if (upload.state === "again") this.move(upload, "sending")
    this.changed()
  }

  retries(upload, error) {
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0
    if (!passes(status)) return false
    this.move(upload, "again", status ? "The server is busy." : "The server cannot be reached.")
    if (!status) this.check(upload)
    return true
  }

  // A file that was changed or removed looks to the browser like a lost connection, and would be tried for ever.
  check(upload) {
    upload.file.slice(0, 1).arrayBuffer().catch(() => {
      upload.tus.abort()
      this.fail(upload, "This file was changed, moved or removed since it was chosen. Choose it again.")
    })
  }

  reason(error) {
    const response = error.originalResponse
    return response ? words(response.getStatus(), response.getBody()) : `It could not be sent. ${error.message}`
  }

  fail(upload, why) {
    upload.sent = 0
    this.leave(upload, "failed", why)
  }

  leave(upload, state, why = "") {
    if (!this.active.delete(upload)) return
    this.move(upload, state, why)
    this.pump()
  }

  pause() {
    this.paused = true
    this.speed.forget()
    for (const upload of this.active) {
      if (upload.tus) upload.tus.abort()
      this.move(upload, "waiting")
      upload.speed.forget()
    }
    this.queue.unshift(...this.active)
    this.active.clear()
    this.changed()
  }

  resume() {
    this.paused = false
    this.pump()
    this.changed()
  }

  retry(uploads) {
    for (const upload of uploads.filter((one) => one.state === "failed")) {
      upload.tus = null
      this.move(upload, "waiting")
      this.queue.push(upload)
    }
    this.pump()
  }

  // Take one out, whatever it is doing; what came of it is taken back when the run is completed.
  drop(upload) {
    if (upload.state === "stored") return
    if (upload.tus) upload.tus.abort()
    this.active.delete(upload)
    this.queue = this.queue.filter((one) => one !== upload)
    this.uploads = this.uploads.filter((one) => one !== upload)
    this.bytes -= upload.size
    this.tally[upload.state === "again" ? "sending" : upload.state] -= 1
    this.changed()
    this.pump()
  }

  stop() {
    this.paused = true
    for (const upload of this.active) if (upload.tus) upload.tus.abort()
    this.active.clear()
    this.queue = []
  }
}

// What is asked of the API of runs, for as long as the server is away; throws what it says no to.
async function ask(method, url, headers = {}) {
  for (let tried = 0; ; tried += 1) {
    let response = null
    try {
      response = await fetch(url, {method, headers: {Accept: "application/json", ...headers}})
    } catch {
      response = null
    }
    if (response && response.ok) return response.status === 204 ? null : response.json()
    if (response && (response.status < 500 || response.status === FULL)) {
      const text = await response.text()
      throw Object.assign(new Error(words(response.status, text)), {status: response.status})
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS[Math.min(tried + 1, AGAIN_MS.length - 1)]))
  }
}

// Say that all files were sent. What was begun and never came whole, by a request whose answer was lost, is taken back.
async function completeRun(runs, endpoint, run) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await ask("POST", `${runs}/${run}/complete`)
    } catch (error) {
      if (error.status !== 409 || tried === 3) throw error
    }
    const missing = await ask("GET", `${runs}/${run}/files?state=receiving&limit=500`)
    for (const file of missing.items) {
      await ask("DELETE", `${endpoint}/${file.id}`, {"Tus-Resumable": "1.0.0"}).catch(() => {})
    }
  }
}

// What a run has already, by name and size, so that files given again are not sent again.
async function alreadyThere(runs, run, told) {
  const here = new Map()
  let cursor = "", files = 0
  do {
    const page = await ask("GET", `${runs}/${run}/files?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`)
    for (const file of page.items) {
      if (file.parent_id || file.state === "receiving" || file.state === "cancelled") continue
      const key = `${file.name}\n${file.bytes}`
      here.set(key, (here.get(key) || 0) + 1)
      files += 1
    }
    cursor = page.next_cursor
    told(files)
  } while (cursor)
  return here
}
