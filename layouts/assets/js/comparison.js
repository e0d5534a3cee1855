// Expected against read, one character under the other. A cell that is hovered or focused says how sure the reader was.

const WEAK = 0.8

function percent(value) { return `${(100 * value).toFixed(1)} %` }

export function render({model}) {
  const fields = h("div.fields")
  const about = h("p.about", {"aria-live": "polite"})

  const characterAt = (line, place) => {
    const found = model.lines[line]
    return found && found.characters ? found.characters[place] : null
  }

  function says([line, place] = []) {
    const one = line === undefined ? null : characterAt(line, place)
    if (!one) return [model.hint]
    return [h("b", {}, one.text), ` with ${percent(one.confidence)}`,
      one.runner_up ? [", then ", h("b", {}, one.runner_up), ` ${percent(Math.max(0, one.confidence - one.margin))} (margin ${percent(one.margin)})`] : ""].flat()
  }

  function cell(pair, line, place) {
    const one = place === null ? null : characterAt(line, place)
    const element = h("span.cell", {
      tabindex: one ? "0" : null, "data-at": one ? `${line}-${place}` : null,
      "aria-label": one ? `${one.text}, ${percent(one.confidence)}${pair.ok ? "" : `, expected ${pair.expected || "nothing"}`}` : null,
    }, pair.read || (pair.ok ? "" : "–"))
    element.classList.toggle("differs", !pair.ok)
    element.classList.toggle("weak", Boolean(one) && pair.ok && one.confidence < WEAK)
    if (one) {
      const on = () => { model.pointed = [line, place] }
      element.addEventListener("pointerenter", on)
      element.addEventListener("focus", on)
      element.addEventListener("pointerleave", () => { model.pointed = [] })
      element.addEventListener("blur", () => { model.pointed = [] })
    }
    return element
  }

  function expectedCell(pair) {
    const element = h("span.cell", {"aria-hidden": "true"}, pair.expected || (pair.ok ? "" : "–"))
    element.classList.toggle("differs", !pair.ok)
    element.classList.toggle("pattern", (pair.expected || "").length > 1)
    return element
  }

  function field(one) {
    const line = one.line === null ? null : model.lines[one.line]
    const places = placesOf(one, (line && line.characters) || [])
    const read = (one.alignment || []).map((pair, column) => cell(pair, one.line, places[column]))
    const score = one.score >= 0 ? `score ${(Math.floor(one.score / 100) / 100).toFixed(2)}` : "no score"
    const tags = [one.pattern ? `pattern ${one.expected}` : "", one.required ? "" : "optional", one.legible === false ? "illegible" : ""].filter(Boolean)
    return h("div.field", {role: "group", "aria-label": `Expected ${one.expected}, read ${one.read || "nothing"}`},
      tags.length ? h("div.head", {}, tags.map((tag) => h("span.tag", {}, tag))) : "",
      h("div.rows", {}, h("span", {}, "Expected"), h("div.text.expected", {}, (one.alignment || []).map(expectedCell)),
        h("span.score", {}, score), h("span", {}, "Read"), h("div.text.read", {}, read)))
  }

  function unjudged(line, number) {
    const cells = (line.characters || []).map((one, place) => cell({read: one.text, expected: null, ok: true}, number, place))
    return h("div.field", {role: "group", "aria-label": `Read ${line.text}`},
      h("div.rows", {}, h("span", {}, `Line ${number + 1}`), h("div.text.read", {}, cells)))
  }

  function draw() {
    const matched = new Set(model.fields.map((one) => one.line).filter((line) => line !== null))
    const others = model.lines.map((line, number) => (matched.has(number) ? null : unjudged(line, number))).filter(Boolean)
    fields.replaceChildren(...model.fields.map(field),
      ...(others.length && model.fields.length ? [h("p.small.soft", {}, "Also read, expected by nothing:")] : []), ...others)
    about.replaceChildren(...says(model.pointed))
  }

  function point() {
    for (const element of fields.querySelectorAll(".pointed")) element.classList.remove("pointed")
    const [line, place] = model.pointed
    const element = line === undefined ? null : fields.querySelector(`[data-at="${line}-${place}"]`)
    if (element) element.classList.add("pointed")
    about.replaceChildren(...says(model.pointed))
  }

  model.on(["fields", "lines"], draw)
  model.on("pointed", point)
  draw()
  return h("div", {}, fields, about)
}
