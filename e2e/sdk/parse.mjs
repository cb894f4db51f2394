// Reads recorded event streams through the stream helper of openai-node, as if a server had sent them, and prints what the helper made
// of each as one JSON object a line: the file, the final response, its items as its deltas had them, and the error if it threw one.
//
// Usage: node parse.mjs <directory of streams>, with the parameters of the request as JSON on standard input.
import OpenAI from "openai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const [directory] = process.argv.slice(2);
const params = JSON.parse(await text(process.stdin));

for (const file of readdirSync(directory).sort()) {
  const fetch = async () => new Response(readFileSync(join(directory, file)), { headers: { "content-type": "text/event-stream" } });
  const client = new OpenAI({ apiKey: "client-key", baseURL: "http://gateway.invalid/v1", maxRetries: 0, fetch });
  const stream = client.responses.stream(params);
  const streamed = [];
  stream.on("event", (event) => follow(streamed, event));
  try {
    const response = await stream.finalResponse();
    console.log(JSON.stringify({ file, response, streamed }));
  } catch (error) {
    console.log(JSON.stringify({ file, streamed, error: `${error.constructor.name}: ${error.message}` }));
  }
}

// follow adds an event to the items as a client sees them grow.
function follow(items, event) {
  switch (event.type) {
    case "response.output_item.added":
      items[event.output_index] = { ...event.item, grown: "" };
      break;
    case "response.output_text.delta":
    case "response.reasoning_summary_text.delta":
    case "response.function_call_arguments.delta":
    case "response.custom_tool_call_input.delta":
      items[event.output_index].grown += event.delta;
  }
}
