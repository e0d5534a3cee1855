// Photos go straight to the API, three at a time, each under a key of its own, so that one sent twice is kept once.

const AT_ONCE = 3, TRIES = 12, RETRY_MS = 1500, LONGEST_RETRY_MS = 6000

class Refused extends Error {}

// A photo is stored once the server has said so, whatever stands between has made of its words.
function idOf(text) {
  try {
    return JSON.parse(text).id || ""
  } catch {
    return ""
  }
}

// XMLHttpRequest, because fetch does not say how much of a body has been sent.
function post(url, form, key, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", url)
    request.setRequestHeader("Accept", "application/json")
    request.setRequestHeader("Idempotency-Key", key)
    request.upload.onprogress = (event) => progress(event.loaded / event.total)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(idOf(request.responseText))
      else if (request.status === 503 || request.status === 429) reject(new Error(words(request.status, request.responseText)))
      else reject(new Refused(words(request.status, request.responseText)))
    }
    request.onerror = request.onabort = request.ontimeout = () => reject(new Error("The server could not be reached."))
    request.send(form)
  })
}

export function render({model}) {
  const {icons} = model.esm_constants
  const waiting = []
  let busy = 0, stored = 0, asked = 0, refused = 0

  const summary = h("span", {role: "status"})
  const files = h("ul.files")
  const clear = h("button.button.quiet", {type: "button", hidden: true, onclick: () => { files.replaceChildren(); stored = asked = refused = 0; say() }}, "Clear")
  const sending = h("div.sending", {hidden: true}, h("div.summary", {}, summary, clear), files)
  const samples = h("div.samples")

  function say() {
    const done = stored + refused === asked
    document.documentElement.toggleAttribute("data-sending", !done)  // the page is not loaded again meanwhile (watch.js)
    sending.hidden = !asked
    clear.hidden = !done
    const photos = asked === 1 ? "1 photo" : `${asked} photos`
    const bad = refused ? `, ${refused} not accepted` : ""
    summary.textContent = done ? `${stored} of ${photos} stored${bad}` : `Sending ${photos}: ${stored} stored${bad}`
  }

  function entry(file) {
    const how = h("span.how", {}, "waiting"), bar = h("i"), wrong = h("span.wrong", {hidden: true})
    const element = h("li.file", {}, h("span.name", {title: file.name}, file.name), how, wrong, bar)
    files.append(element)
    return {
      progress: (part) => {
        bar.style.width = `${100 * part}%`
        how.textContent = part < 1 ? `${Math.round(100 * part)} %` : "storing"
      },
      again: (why) => { how.textContent = `${why} Trying again`; bar.style.width = "0" },
      stored: () => element.remove(),
      refuse: (why) => {
        element.classList.add("refused")
        bar.style.width = "0"
        how.textContent = "Not accepted"
        wrong.hidden = false
        wrong.textContent = why
      },
    }
  }

  async function send({file, key, shown}) {
    const form = new FormData()
    form.append("image", file, file.name)
    if (model.recipe) form.append("recipe", model.recipe)
    for (let tried = 1; ; tried += 1) {
      try {
        const id = await post(model.url, form, key, shown.progress)
        stored += 1
        shown.stored()
        model.send_msg({stored: id})
        return
      } catch (error) {
        if (error instanceof Refused || tried === TRIES) {
          refused += 1
          shown.refuse(error.message)
          return
        }
        shown.again(error.message)
        await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS * tried, LONGEST_RETRY_MS)))
      }
    }
  }

  async function pump() {
    while (busy < AT_ONCE && waiting.length) {
      busy += 1
      send(waiting.shift()).finally(() => { busy -= 1; say(); pump() })
    }
  }

  function take(found) {
    if (!found.length) return
    if (stored + refused === asked) { files.replaceChildren(); stored = asked = refused = 0 }
    asked += found.length
    for (const {file, path, lost} of found) {
      if (file) waiting.push({file, key: freshKey(), shown: entry({name: path})})
      else { refused += 1; entry({name: lost}).refuse("This file cannot be read.") }
    }
    say()
    pump()
  }

  const input = fileInput((chosen) => taken.chosen(chosen), {accept: "image/*"})
  const choose = h("button.button.primary", {type: "button", onclick: () => input.click()}, "Choose photos")
  const zone = h("div.zone", {}, drawn(icons.upload), h("b", {}, "Drop photos of parts here"), choose,
    h("small", {}, model.accepts), input)
  const taken = takesFiles(zone, take, {pick: () => { choose.focus(); input.click() }})
  model.on("remove", () => { document.documentElement.removeAttribute("data-sending") })
  model.on("remove", taken.end)

  function unreached(name, error) {
    asked += 1
    refused += 1
    entry({name}).refuse(`This sample could not be fetched. ${error.message}`)
    say()
  }
  async function takeSample(sample) {
    try {
      const response = await fetch(sample.src)
      if (!response.ok) throw new Error(`The server answered ${response.status}.`)
      take([{file: new File([await response.blob()], sample.name, {type: response.headers.get("Content-Type")}), path: sample.name}])
    } catch (error) {
      unreached(sample.name, error)
    }
  }
  function drawSamples() {
    samples.hidden = !model.samples.length
    samples.replaceChildren(h("h2", {}, "Or try a sample photo"), h("ul", {}, model.samples.map((sample) => h("li", {},
      h("button.sample", {type: "button", title: sample.caption, onclick: () => takeSample(sample)},
        h("img", {src: sample.src, alt: "", loading: "lazy"}), h("span", {}, sample.caption))))))
  }
  model.on("samples", drawSamples)
  drawSamples()
  return h("div", {}, zone, sending, samples)
}
