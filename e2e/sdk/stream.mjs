// Asks for one response through the stream helper of openai-node, which refuses a stream whose events do not fit together,
// and prints what the helper made of it as one JSON object: the types of the events in order and the final response.
//
// Usage: node stream.mjs <base URL>, with the parameters of the request as JSON on standard input and OPENAI_API_KEY set.
import OpenAI from "openai";
import { text } from "node:stream/consumers";

const client = new OpenAI({ baseURL: process.argv[2], maxRetries: 0 });
const stream = client.responses.stream(JSON.parse(await text(process.stdin)));
const events = [];
stream.on("event", (event) => events.push(event.type));
try {
  const response = await stream.finalResponse();
  console.log(JSON.stringify({ events, response }));
} catch (error) {
  console.log(JSON.stringify({ events, error: { name: error.constructor.name, status: error.status, code: error.code, message: error.message } }));
}
