// What the scripts of all clients share.

// play plays the scenes that the command line names, and prints for each one JSON object on a line: the scene, and what it got or the
// failure with which it ended. A scene is a function of the model to ask and the gateway's base URL.
//
// Usage of a script that calls it: node <script> <base URL> <scene>..., with OPENAI_API_KEY set.
export async function play(scenes) {
  const [baseURL, ...names] = process.argv.slice(2);
  for (const name of names) {
    try {
      console.log(JSON.stringify({ scene: name, got: await scenes[name](name, baseURL) }));
    } catch (error) {
      console.log(JSON.stringify({ scene: name, failure: error?.stack ?? String(error) }));
    }
  }
}

// refusal is the error with which a promise ends.
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    const { status, statusCode, code, param, message } = error;
    return { name: error.constructor.name, status: status ?? statusCode, code, param, message };
  }
  throw new Error("nothing was refused");
}

// all collects what an iteration yields.
export async function all(iterable) {
  const elements = [];
  for await (const element of iterable) elements.push(element);
  return elements;
}

// line writes an item in a few words.
export function line(item) {
  switch (item.type) {
    case "message":
      return `${item.role}: ${item.content.map((part) => part.text).join("")}`;
    case "function_call":
      return `call ${item.call_id}: ${item.name} ${item.arguments}`;
    case "function_call_output":
      return `output ${item.call_id}: ${item.output}`;
    case "reasoning":
      return `thinks: ${[...item.summary, ...(item.content ?? [])].map((part) => part.text).join("")}`;
    default:
      return item.type;
  }
}

// weather is the tool that models call here.
export const weather = ({ city }) => `Rain in ${city}.`;
