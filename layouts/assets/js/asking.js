// A dialog that asks for a few values. The page answers with what is wrong at which field, or closes it.

export function render({model}) {
  const title = h("h2"), intro = h("p.intro"), problem = h("p.problem", {role: "alert"}), fields = h("div.fields")
  const submit = h("button.button.primary", {type: "submit"})
  const cancel = h("button.button", {type: "button", onclick: () => dialog.close()}, "Cancel")
  const inputs = new Map()
  let shown = 0

  const form = h("form", {novalidate: true, onsubmit: (event) => {
    event.preventDefault()
    if (model.busy) return
    const values = Object.fromEntries([...inputs].map(([name, input]) => [name, input.type === "checkbox" ? String(input.checked) : input.value]))
    model.send_msg({submit: values, asked: model.question.asked})
  }}, title, intro, fields, problem, h("footer", {}, submit, cancel))
  const dialog = h("dialog", {onclose: () => { if (model.question.asked) model.send_msg({cancel: model.question.asked}) }}, form)
  dialog.addEventListener("keydown", (event) => event.stopPropagation())

  const MAKE = {
    text: (one) => h("input", {type: "text", value: one.value, list: one.options ? `options-${one.name}` : null, autocomplete: "off", spellcheck: "false", maxlength: 1000}),
    long: (one) => Object.assign(h("textarea", {rows: 3, maxlength: 2000}), {value: one.value}),
    check: (one) => h("input", {type: "checkbox", checked: one.value === "true"}),
    password: (one) => h("input", {type: "password", maxlength: 1024, autocomplete: one.name === "current" ? "current-password" : "new-password"}),
    once: (one) => h("input", {type: "text", readonly: true, value: one.value.startsWith("/") ? new URL(one.value, window.location.href).href : one.value}),
    several,
    select: (one) => h("select", {}, one.options.map(([value, word]) => h("option", {value, selected: value === one.value}, word))),
  }
  // Boxes to tick, as one field whose value is what is ticked.
  function several(one) {
    const ticked = new Set(one.value.split(" "))
    const boxes = one.options.map(([value]) => h("input", {type: "checkbox", value, checked: ticked.has(value)}))
    const group = h("div.several", {role: "group", "aria-label": one.label, tabindex: "-1"}, one.options.map(([, word], index) => h("label", {}, boxes[index], word)))
    return Object.defineProperty(group, "value", {get: () => boxes.filter((box) => box.checked).map((box) => box.value).join(" ")})
  }
  function copying(input) {
    const word = h("span", {role: "status"}, "Copy")
    const copy = async () => {
      input.select()
      try {
        if (navigator.clipboard) await navigator.clipboard.writeText(input.value)
        else if (!document.execCommand("copy")) throw new Error()  // pages without TLS have no other way
        word.textContent = "Copied"
      } catch {
        word.textContent = "Not copied"
      }
      setTimeout(() => { word.textContent = "Copy" }, 2000)
    }
    return h("div.once", {}, input, h("button.button", {type: "button", onclick: copy}, word))
  }
  function field(one) {
    const input = MAKE[one.kind](one)
    input.id = `field-${one.name}`
    if (one.mono) input.classList.add("mark")
    input.setAttribute("aria-describedby", `about-${one.name}`)
    inputs.set(one.name, input)
    const options = one.kind === "text" && one.options
      ? h("datalist", {id: `options-${one.name}`}, one.options.map(([value, word]) => h("option", {value}, word === value ? "" : word))) : ""
    const label = h("label", {for: input.id}, one.label)
    const about = h("small", {id: `about-${one.name}`, "data-help": one.help || ""}, one.help || "")
    const shown = one.kind === "once" ? copying(input) : input
    return h(`div.field.${one.kind}`, {}, one.kind === "check" ? [input, label] : [label, shown], options, about)
  }
  function draw() {
    const asked = model.question
    title.textContent = asked.title
    intro.textContent = asked.intro
    intro.hidden = !asked.intro
    submit.textContent = asked.submit
    submit.classList.toggle("danger", asked.danger)
    inputs.clear()
    fields.replaceChildren(...asked.fields.map(field))
    fields.hidden = !asked.fields.length
    cancel.hidden = asked.fields.some((one) => one.kind === "once")
  }
  function tell() {
    submit.disabled = model.busy
    const wrong = model.where && inputs.get(model.where)
    problem.hidden = !model.problem || Boolean(wrong)
    problem.textContent = problem.hidden ? "" : model.problem
    for (const [name, input] of inputs) {
      const about = fields.querySelector(`#about-${name}`)
      input.setAttribute("aria-invalid", String(Boolean(model.problem) && name === model.where))
      about.textContent = name === model.where && model.problem ? model.problem : about.dataset.help
      about.classList.toggle("wrong", name === model.where && Boolean(model.problem))
    }
    if (model.problem && wrong) wrong.focus()
  }
  function open() {
    const {asked} = model.question
    if (asked && asked !== shown) {
      shown = asked
      draw()
      tell()
      if (!dialog.open) dialog.showModal()
      const first = inputs.values().next().value || submit
      first.focus()
      if (first.select) first.select()
    } else if (!asked && dialog.open) {
      dialog.close()
    }
  }
  model.on("question", open)
  model.on(["problem", "where", "busy", "told"], tell)
  queueMicrotask(open)
  return dialog
}
