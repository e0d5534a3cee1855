// What can be done with what `box` shows, and what of it is shown: the model's `actions` and `filters` as two bars.
function steering(model, box) {
  const acts = acting(box, (act) => model.send_msg({act}))
  const filters = filtering((name, value) => model.send_msg({filter: {[name]: value}}))
  const bars = {actions: acts, filters}
  for (const [name, bar] of Object.entries(bars)) {
    model.on(name, () => bar.draw(model[name]))
    bar.draw(model[name])
  }
  return {acts: acts.bar, filters: filters.bar}
}

// Buttons of what can be done now, as dictionaries of act, word, key, primary and disabled. A click, or the key while
// the focus is inside `scope`, hands the act on; what follows `g` is the key of a page and none of ours.
function acting(scope, act) {
  const bar = h("div.acts", {role: "toolbar"})
  let known = [], went = -Infinity
  scope.addEventListener("keydown", (event) => {
    if (!plainKey(event)) return
    const page = performance.now() - went < 1200
    went = event.key === "g" ? performance.now() : -Infinity
    const wanted = page ? null : known.find((one) => one.key === event.key && !one.disabled)
    if (!wanted) return
    event.preventDefault()
    act(wanted.act)
  })
  const draw = (actions) => {
    const focused = bar.getRootNode().activeElement?.dataset?.act
    known = actions
    bar.hidden = !actions.length
    bar.replaceChildren(...actions.map((one) => h(`button.button${one.primary ? ".primary" : ""}`, {
      type: "button", "data-act": one.act, disabled: one.disabled, title: one.title || (one.key ? `${one.word} (${one.key})` : one.word),
      onclick: () => act(one.act),
    }, one.word)))
    bar.querySelector(`[data-act="${focused}"]`)?.focus()
  }
  return {bar, draw}
}

// Filters, as dictionaries of name, word and value, with options (pairs of value and word) or, without, a field to type in.
function filtering(choose) {
  const bar = h("div.filters")
  const known = new Map()
  const field = (one) => {
    let late
    const input = h("input.find", {
      type: "search", placeholder: one.word, "aria-label": one.word, maxlength: 200,
      oninput: () => { clearTimeout(late); late = setTimeout(() => choose(one.name, input.value.trim()), 250) },
      onkeydown: (event) => { if (event.key === "Escape") input.blur(); event.stopPropagation() },
    })
    return {element: input, set: (value) => { if (input.getRootNode().activeElement !== input) input.value = value }}
  }
  const buttons = (one) => {
    const each = one.options.map(([value, word]) => h("button.filter", {type: "button", "data-value": value, onclick: () => choose(one.name, value)}, word))
    const set = (value) => each.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.value === value)))
    return {element: h("div.choices", {role: "group", "aria-label": one.word}, each), set}
  }
  const draw = (filters) => {
    for (const one of filters) {
      if (!known.has(one.name)) {
        known.set(one.name, one.options ? buttons(one) : field(one))
        bar.append(known.get(one.name).element)
      }
      known.get(one.name).set(one.value)
    }
  }
  return {bar, draw}
}
