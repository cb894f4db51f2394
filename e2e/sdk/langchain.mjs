// Scenes with LangChain's ChatOpenAI.
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { play, refusal, weather } from "./scenes.mjs";

const getWeather = tool(weather, { name: "get_weather", description: "The weather of a city.", schema: z.object({ city: z.string() }) });

const chat = (model, options) => new ChatOpenAI({ model, useResponsesApi: true, maxRetries: 0, configuration: { baseURL: process.argv[2] }, ...options });

const question = [new SystemMessage("Be brief."), new HumanMessage("Is it raining in Ulm?")];
const another = new HumanMessage("And in Bonn?");

// invoke asks for a whole message, stream for one in chunks.
const invoke = (llm, messages, options) => llm.invoke(messages, options);

async function stream(llm, messages, options) {
  let message;
  for await (const chunk of await llm.stream(messages, options)) message = message ? message.concat(chunk) : chunk;
  return message;
}

// loop asks until the model calls no more tools. It adds to the messages.
async function loop(ask, llm, messages) {
  for (;;) {
    const message = await ask(llm, messages);
    messages.push(message);
    if (!message.tool_calls?.length) return message;
    for (const call of message.tool_calls) messages.push(await getWeather.invoke(call));
  }
}

// speaks has two turns, the second of which begins with all messages of the first.
async function speaks(ask, llm) {
  const bound = llm.bindTools([getWeather], { strict: true });
  const messages = [...question];
  const first = await loop(ask, bound, messages);
  messages.push(another);
  const second = await loop(ask, bound, messages);
  return { texts: [first.text, second.text], usage: first.usage_metadata };
}

// continues has two turns, in which each request says only what is new.
async function continues(ask, llm) {
  const bound = llm.bindTools([getWeather], { strict: true });
  const texts = [];
  let previous_response_id;
  for (let messages of [question, [another]]) {
    for (;;) {
      const message = await ask(bound, messages, { previous_response_id });
      previous_response_id = message.response_metadata.id;
      if (!message.tool_calls.length) {
        texts.push(message.text);
        break;
      }
      messages = await Promise.all(message.tool_calls.map((call) => getWeather.invoke(call)));
    }
  }
  return { texts };
}

await play({
  invokes: (model) => speaks(invoke, chat(model)),
  streams: (model) => speaks(stream, chat(model)),

  // The history is the client's, in the standard form of messages.
  replays: (model) => speaks(invoke, chat(model, { zdrEnabled: true, modelKwargs: { include: ["reasoning.encrypted_content"] }, outputVersion: "v1" })),
  "replays-streaming": (model) => speaks(stream, chat(model, { zdrEnabled: true, modelKwargs: { include: ["reasoning.encrypted_content"] } })),

  continues: (model) => continues(invoke, chat(model)),
  "continues-streaming": (model) => continues(stream, chat(model)),

  async structures(model) {
    const schema = z.object({ color: z.string(), red: z.number() });
    const byFormat = await chat(model).withStructuredOutput(schema, { name: "color", method: "jsonSchema" }).invoke("Orange?");
    const byCall = await chat(model).withStructuredOutput(schema, { name: "color", method: "functionCalling" }).invoke("Orange?");
    return { byFormat, byCall };
  },

  async refuses(model) {
    return {
      unknown: await refusal(chat("unknown-model").invoke("Hello.")),
      gone: await refusal(chat(model).invoke("And now?", { previous_response_id: "resp_unknown" })),
      streamed: await refusal(stream(chat(model), "And now?", { previous_response_id: "resp_unknown" })),
    };
  },
});
