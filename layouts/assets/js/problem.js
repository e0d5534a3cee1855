// What the API says of a failure (RFC 9457), in words for people: what it is, why here, and what to do.

function words(status, text) {
  try {
    const problem = JSON.parse(text)
    return [problem.title, problem.detail, problem.remedy].filter(Boolean)
      .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ")
  } catch {
    return `The server answered ${status}.`
  }
}
