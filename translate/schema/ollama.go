package schema

// Ollama is the profile of Ollama, which refuses a request with a property or a branch that is no object: true means as much as {}, and
// there is no word for what false means.
const Ollama = "ollama"
