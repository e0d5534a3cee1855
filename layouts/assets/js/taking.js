// Files from wherever they come: dropped anywhere on the page, whole folders among them, pasted or chosen. They are walked
// through in slices, so that the page stays alive with a hundred thousand of them.

const SLICE_MS = 12, AT_A_TIME = 64
const OF_THE_SYSTEM = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|__MACOSX)$/i

const breath = () => new Promise((resolve) => setTimeout(resolve))

// Hands what is given on to `sink` in batches, a slice of time each.
function inSlices(sink) {
  let batch = [], since = performance.now()
  return {
    async give(found) {
      batch.push(found)
      if (performance.now() - since < SLICE_MS) return
      sink(batch)
      batch = []
      await breath()
      since = performance.now()
    },
    end() { if (batch.length) sink(batch) },
  }
}

const fileOf = (entry) => new Promise((resolve) => entry.file((file) => resolve({file, path: entry.fullPath.slice(1)}), (error) => resolve({lost: entry.fullPath.slice(1), error})))

// A reader gives at most a hundred at once, and nothing once it has given all.
async function childrenOf(entry) {
  const reader = entry.createReader(), all = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (!some.length) return all.sort((one, other) => (one.name < other.name ? -1 : 1))
    all.push(...some)
  }
}

async function walkFolder(folder, slices) {
  const waiting = [folder]
  while (waiting.length) {
    const at = waiting.pop()
    let children = []
    try {
      children = (await childrenOf(at)).filter((child) => !OF_THE_SYSTEM.test(child.name))
    } catch (error) {
      await slices.give({lost: at.fullPath.slice(1), error})
    }
    const files = children.filter((child) => child.isFile)
    waiting.push(...children.filter((child) => child.isDirectory).reverse())
    for (let first = 0; first < files.length; first += AT_A_TIME) {
      for (const found of await Promise.all(files.slice(first, first + AT_A_TIME).map(fileOf))) await slices.give(found)
    }
  }
}

// What a drop holds must be asked for at once: it is gone when the event is over.
function dropped(transfer) {
  return [...transfer.items].filter((item) => item.kind === "file")
    .map((item) => ({entry: item.webkitGetAsEntry ? item.webkitGetAsEntry() : null, file: item.getAsFile()}))
}

// Calls `sink` with batches of {file, path}, or {lost, error} for what cannot be read.
async function walkFiles(given, sink) {
  const slices = inSlices(sink)
  for (const one of given) {
    if (one.entry && one.entry.isDirectory) await walkFolder(one.entry, slices)
    else if (one.file && !OF_THE_SYSTEM.test(one.file.name)) await slices.give({file: one.file, path: one.file.webkitRelativePath || one.file.name})
  }
  slices.end()
}

// The whole page takes a drop, so that nobody has to aim; `zone` shows it. `take` is called with batches, `busy` before and
// after; returns what ends it.
function takesFiles(zone, take, {busy = () => {}, pick = null} = {}) {
  const walk = async (given) => {
    busy(true)
    try { await walkFiles(given, take) } finally { busy(false) }
  }
  const chosen = (files) => walk(Array.from(files, (file) => ({file})))
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files")
  const over = (event) => { if (carriesFiles(event)) { event.preventDefault(); zone.classList.add("over") } }
  const out = (event) => { if (!event.relatedTarget) zone.classList.remove("over") }
  const drop = (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    zone.classList.remove("over")
    walk(dropped(event.dataTransfer))
  }
  const paste = (event) => { if (event.clipboardData && event.clipboardData.files.length) chosen(event.clipboardData.files) }
  const onkey = (event) => { if (pick && event.key === "o" && plainKey(event)) pick() }
  const heard = {dragover: over, dragenter: over, dragleave: out, drop, paste, keydown: onkey}
  for (const [name, handler] of Object.entries(heard)) window.addEventListener(name, handler)
  const end = () => { for (const [name, handler] of Object.entries(heard)) window.removeEventListener(name, handler) }
  return {chosen, end}
}

function fileInput(take, attributes) {
  const input = h("input.visually-hidden", {type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true", ...attributes,
    onchange: () => { take([...input.files]); input.value = "" }})
  return input
}
