// The photo with its evidence. Everything is drawn in screen pixels over the scaled photo, so that outlines keep their
// 1.5 px and words their size at every zoom; the words stand beside the package and never on the mark.

const SVG = "http://www.w3.org/2000/svg"
const GUTTER_PX = 24, LABEL_PX = 26, LABEL_PAD_PX = 8, STEP = 1.25, MOST = 40, SHARP_FROM = 3, PAN_PX = 40, WEAK = 0.8, LETTER_PX = 9.65, AROUND = 0.25
const LAYERS = [["package", "Package", "1"], ["lines", "Lines", "2"], ["characters", "Characters", "3"], ["text", "Text", "4"]]
const CHECK = '<svg viewBox="0 0 10 10" fill="none" stroke="currentColor" stroke-width="1.8"><path d="M1.5 5.5l2.3 2.3L8.5 2.5"/></svg>'

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function percent(value) { return `${(100 * value).toFixed(value > 0.995 && value < 1 ? 1 : 0)} %` }

export function render({model}) {
  const {icons} = model.esm_constants
  const image = h("img", {alt: "", draggable: "false", decoding: "async"})
  const drawing = s("svg", {class: "drawing", "aria-hidden": "true"})
  const tip = h("div.tip", {hidden: true})
  const message = h("div.message", {hidden: true})
  const scaleWord = h("span.scale", {"aria-live": "off"})
  let scale = 1, left = 0, top = 0, fitted = true  // left and top are where the middle of the photo stands on screen

  const view = h("div.view", {tabindex: "0", role: "img"}, image, drawing, tip, message)
  const size = () => (model.size_wh && model.size_wh.length ? model.size_wh : [image.naturalWidth || 1, image.naturalHeight || 1])
  const turn = () => (model.upright ? -((model.evidence || {}).rotation_ccw_deg || 0) : 0)
  const turned = ([x, y]) => {
    const [w, height] = size(), angle = turn() * Math.PI / 180, dx = x - w / 2, dy = y - height / 2
    return [dx * Math.cos(angle) - dy * Math.sin(angle), dx * Math.sin(angle) + dy * Math.cos(angle)]
  }
  const at = (point) => turned(point).map((v, axis) => v * scale + (axis ? top : left))
  const points = (quad) => quad.map((corner) => at(corner).map((v) => v.toFixed(1)).join(",")).join(" ")
  const layerOn = (name) => model.layers.includes(name)

  function outlined(kind, quad) {
    const group = s("g", {class: kind})
    if (!kind.startsWith("character")) group.append(s("polygon", {class: "halo", points: points(quad)}))
    group.append(s("polygon", {class: "stroke", points: points(quad)}))
    return group
  }

  // A line is right or wrong only where something was expected of it.
  function judged(index) {
    const field = ((model.evidence && model.evidence.fields) || []).find((one) => one.line === index)
    if (!field || !field.alignment) return ""
    return field.alignment.every((pair) => pair.ok) ? "ok" : "differs"
  }

  function box(quads) {
    const all = quads.flat()
    const xs = all.map((p) => p[0]), ys = all.map((p) => p[1])
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  }

  // Labels stand in a column to the right of everything found, pushed apart, each led to the end of its line.
  function labels(lines, outline) {
    const measured = lines.map((line, index) => {
      const [x0, y0, x1, y1] = box([line.quad.map(at)])
      return {line, index, x: x1, y: (y0 + y1) / 2, want: (y0 + y1) / 2, left: x0}
    }).sort((a, b) => a.want - b.want || b.x - a.x)
    const [, , right] = box([...lines.map((line) => line.quad.map(at)), ...(outline ? [outline.map(at)] : [])])
    const widest = Math.max(...lines.map((line) => [...line.text].length)) * LETTER_PX + 2 * LABEL_PAD_PX
    const x = Math.max(8, Math.min(right + GUTTER_PX, view.clientWidth - widest - 8))
    let below = -Infinity
    for (const one of measured) {
      one.y = Math.max(one.want, below + LABEL_PX + 2)
      below = one.y
    }
    const over = below + LABEL_PX / 2 - (view.clientHeight - 4)
    if (over > 0) for (const one of measured) one.y = Math.max(one.y - over, LABEL_PX / 2)
    return measured.flatMap((one) => label(one, x))
  }

  function label({line, index, x: end, y, want}, x) {
    const kind = judged(index)
    const group = s("g", {class: `label ${kind}`})
    const text = s("text", {x: x + LABEL_PAD_PX, y: y + 5.5})
    text.textContent = line.text
    const width = [...line.text].length * LETTER_PX + 2 * LABEL_PAD_PX
    group.append(s("rect", {x, y: y - LABEL_PX / 2, width, height: LABEL_PX, rx: 3}), text)
    if (x <= end) return [group]
    return [s("path", {class: "leader", d: `M${end + 2} ${want}H${(end + x) / 2}L${x} ${y}`}), group]
  }

  // The characters, by line, that are not what was expected.
  function differing(lines) {
    const found = lines.map(() => new Set())
    for (const field of (model.evidence && model.evidence.fields) || []) {
      if (field.line === null || !lines[field.line]) continue
      const places = placesOf(field, lines[field.line].characters || [])
      ;(field.alignment || []).forEach((pair, column) => { if (!pair.ok && places[column] !== null) found[field.line].add(places[column]) })
    }
    return found
  }

  function character(number, one, place, differs) {
    const pointed = model.pointed && model.pointed[0] === number && model.pointed[1] === place
    const group = outlined(`character${differs ? " differs" : one.confidence < WEAK ? " weak" : ""}${pointed ? " pointed" : ""}`, one.quad)
    group.dataset.at = `${number}-${place}`
    group.addEventListener("pointerenter", () => { model.pointed = [number, place] })
    group.addEventListener("pointerleave", () => { model.pointed = [] })
    return group
  }

  function draw() {
    const natural = [image.naturalWidth || size()[0], image.naturalHeight || size()[1]]
    image.style.transform = `translate(${left}px, ${top}px) rotate(${turn()}deg) scale(${scale * size()[0] / natural[0]}) translate(${-natural[0] / 2}px, ${-natural[1] / 2}px)`
    image.classList.toggle("sharp", scale >= SHARP_FROM)
    scaleWord.textContent = model.src ? `${Math.round(scale * 100)} %` : "–"
    const evidence = model.evidence || {}
    const lines = evidence.lines || []
    const parts = []
    if (layerOn("package") && evidence.outline) parts.push(outlined("package", evidence.outline))
    if (layerOn("lines")) lines.forEach((line, index) => parts.push(outlined(`line ${judged(index)}`, line.quad)))
    if (layerOn("characters")) {
      const wrong = differing(lines)
      lines.forEach((line, number) => (line.characters || []).forEach((one, place) => {
        if (one.quad) parts.push(character(number, one, place, wrong[number].has(place)))
      }))
    }
    if (layerOn("text") && lines.length) parts.push(...labels(lines, evidence.outline))
    drawing.replaceChildren(...parts)
    point()
  }

  function point() {
    const [number, place] = model.pointed || []
    const line = ((model.evidence || {}).lines || [])[number]
    const one = line && line.characters && line.characters[place]
    tip.hidden = !one || !one.quad
    for (const group of drawing.querySelectorAll(".character.pointed")) group.classList.remove("pointed")
    if (tip.hidden) return
    const [x0, , , y1] = box([one.quad.map(at)])
    tip.replaceChildren(h("b", {}, one.text), `  ${percent(one.confidence)}`,
      one.runner_up ? `, then ${one.runner_up}` : "")
    tip.style.left = `${Math.max(4, Math.min(x0, view.clientWidth - tip.offsetWidth - 4))}px`
    tip.style.top = `${Math.min(y1 + 6, view.clientHeight - tip.offsetHeight - 4)}px`
    const group = drawing.querySelector(`[data-at="${number}-${place}"]`)
    if (group) group.classList.add("pointed")
  }

  const found = () => {
    const {lines = [], outline} = model.evidence || {}
    const quads = [...lines.map((line) => line.quad), ...(outline ? [outline] : [])]
    return quads.length ? box(quads.map((quad) => quad.map(turned))) : null
  }
  const wordsWidth = () => {
    const lines = (model.evidence || {}).lines || []
    return layerOn("text") && lines.length ? Math.max(...lines.map((line) => [...line.text].length)) * LETTER_PX + 2 * LABEL_PAD_PX + GUTTER_PX + 8 : 0
  }

  // Shows the bounds (turned, from the middle of the photo) as large as they go, the words beside what was found.
  function show([x0, y0, x1, y1], pad) {
    const width = view.clientWidth - 2 * pad, height = view.clientHeight - 2 * pad
    const words = wordsWidth(), marks = found()
    scale = Math.min(width / (x1 - x0), height / (y1 - y0), MOST)
    if (marks && words) scale = Math.min(scale, (view.clientWidth - words - 8) / (marks[2] - marks[0]))
    left = view.clientWidth / 2 - (x0 + x1) / 2 * scale
    top = view.clientHeight / 2 - (y0 + y1) / 2 * scale
    if (marks && words) left = Math.min(left, view.clientWidth - words - marks[2] * scale)
    draw()
  }
  const whole = () => {
    const [w, height] = size()
    return box([[[0, 0], [w, 0], [w, height], [0, height]].map(turned)])
  }
  function showWhole() {
    fitted = false
    show(whole(), 0)
  }
  // How a photo opens: what was found with some of what is around it, or all of it where nothing was found.
  function fit() {
    const all = whole(), marks = found()
    fitted = true
    if (!marks) return show(all, 0)
    const around = AROUND * Math.max(marks[2] - marks[0], marks[3] - marks[1])
    show([Math.max(all[0], marks[0] - around), Math.max(all[1], marks[1] - around), Math.min(all[2], marks[2] + around), Math.min(all[3], marks[3] + around)], 0)
  }

  // What a person has moved stays where it is, also when the photo is there only then.
  const refit = () => { if (fitted) fit(); else draw() }

  function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const least = Math.min(view.clientWidth, view.clientHeight) / Math.max(...size()) / 2
    const next = Math.max(least, Math.min(MOST, scale * factor))
    left = x - (x - left) * next / scale
    top = y - (y - top) * next / scale
    scale = next
    fitted = false
    draw()
  }

  function pan(x, y) {
    left += x
    top += y
    fitted = false
    draw()
  }

  view.addEventListener("wheel", (event) => {
    event.preventDefault()
    const bounds = view.getBoundingClientRect()
    zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - bounds.left, event.clientY - bounds.top)
  }, {passive: false})
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    view.setPointerCapture(event.pointerId)
    view.classList.add("dragging")
  })
  view.addEventListener("pointermove", (event) => { if (view.classList.contains("dragging")) pan(event.movementX, event.movementY) })
  for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => view.classList.remove("dragging"))
  view.addEventListener("dblclick", fit)

  const moves = {
    ArrowLeft: () => pan(PAN_PX, 0), ArrowRight: () => pan(-PAN_PX, 0), ArrowUp: () => pan(0, PAN_PX), ArrowDown: () => pan(0, -PAN_PX),
    "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fit,
  }
  view.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.metaKey) return
    moves[event.key]()
    event.preventDefault()
    event.stopPropagation()
  })

  function toggle(name) {
    model.layers = LAYERS.map(([one]) => one).filter((one) => (one === name) !== layerOn(one))
  }
  const switches = LAYERS.map(([name, word, key]) => h("button.layer", {
    type: "button", title: `${word} (${key})`, onclick: () => toggle(name), "data-layer": name,
  }, h("i", {}, drawn(CHECK)), word))
  const drawSwitches = () => {
    switches.forEach((one) => one.setAttribute("aria-pressed", String(layerOn(one.dataset.layer))))
    contrast.setAttribute("aria-pressed", String(model.contrast))
    image.classList.toggle("contrast", model.contrast)
    upright.setAttribute("aria-pressed", String(model.upright))
  }
  const onkey = (event) => {
    if (!plainKey(event)) return
    const layer = LAYERS.find(([, , key]) => key === event.key)
    if (layer) toggle(layer[0])
    else if (event.key === "c") model.contrast = !model.contrast
    else if (event.key === "r") model.upright = !model.upright
    else if (event.key === "f") showWhole()
  }
  window.addEventListener("keydown", onkey)

  const upright = h("button.button.quiet.square.way", {type: "button", title: "Turn the mark upright (r)", "aria-label": "Upright", onclick: () => { model.upright = !model.upright }}, drawn(icons.upright))
  const contrast = h("button.button.quiet.square.way", {type: "button", title: "More contrast, for faint laser marks (c)", "aria-label": "Contrast", onclick: () => { model.contrast = !model.contrast }}, drawn(icons.contrast))
  const tool = (icon, word, key, onclick) => h("button.button.quiet.square", {type: "button", title: `${word} (${key})`, "aria-label": word, onclick}, drawn(icons[icon]))
  const tools = h("div.tools", {role: "toolbar", "aria-label": "Picture"}, switches, h("span.gap"), scaleWord,
    contrast, upright, tool("package", "Back to the package", "0", fit),
    tool("minus", "Zoom out", "−", () => zoom(1 / STEP)), tool("plus", "Zoom in", "+", () => zoom(STEP)), tool("fit", "Whole photo", "f", showWhole))

  image.addEventListener("load", () => { message.hidden = true; refit() })
  image.addEventListener("error", () => {
    message.hidden = false
    message.textContent = "The photo could not be loaded. Reload the page to try again."
  })
  function load() {
    message.hidden = Boolean(model.src)
    message.textContent = "No photo."
    if (model.src) image.src = model.src
    else image.removeAttribute("src")
    view.setAttribute("aria-label", `${model.label}. Wheel or plus and minus zoom, drag or arrows move, double click or 0 goes back, f shows the whole.`)
  }

  const resized = new ResizeObserver(refit)
  resized.observe(view)
  model.on("src", () => { fitted = true })
  model.on(["src", "label"], load)
  model.on("evidence", refit)
  model.on("contrast", drawSwitches)
  model.on(["layers", "upright"], () => { drawSwitches(); refit() })
  model.on("pointed", point)
  model.on("remove", () => {
    resized.disconnect()
    window.removeEventListener("keydown", onkey)
  })
  load()
  drawSwitches()
  return h("div.frame", {}, view, tools)
}
