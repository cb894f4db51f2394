// Scenes with the AI SDK.
import { createOpenAI } from "@ai-sdk/openai";
import { Output, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { all, play, refusal, weather } from "./scenes.mjs";

const baseURL = process.argv[2];

let references = 0; // to items that the gateway has, in all requests so far
const openai = createOpenAI({
  baseURL,
  fetch: (url, init) => {
    references += JSON.parse(init.body).input.filter((item) => item.type === "item_reference").length;
    return fetch(url, init);
  },
});

const tools = {
  get_weather: tool({ description: "The weather of a city.", inputSchema: z.object({ city: z.string() }), execute: async (args) => weather(args) }),
};

const settings = (model, openaiOptions = {}) => ({
  model: openai.responses(model), instructions: "Be brief.", tools, stopWhen: isStepCount(5), maxRetries: 0, providerOptions: { openai: openaiOptions },
});

const question = { role: "user", content: "Is it raining in Ulm?" };
const another = { role: "user", content: "And in Bonn?" };

const idOf = (result) => result.providerMetadata.openai.responseId;

// speaks has two turns, the second of which begins with all messages of the first. What the store has goes as references.
async function speaks(model, openaiOptions) {
  const before = references;
  const first = await generateText({ ...settings(model, openaiOptions), messages: [question] });
  const messages = [question, ...first.responseMessages, another];
  const second = await generateText({ ...settings(model, openaiOptions), messages });
  return { texts: [first.text, second.text], steps: [first.steps.length, second.steps.length], tokens: first.totalUsage.totalTokens, references: references - before };
}

await play({
  generates: (model) => speaks(model),

  // The history is the client's.
  replays: (model) => speaks(model, { store: false, include: ["reasoning.encrypted_content"] }),

  async streams(model) {
    const first = streamText({ ...settings(model), messages: [question] });
    const parts = await all(first.fullStream);
    const messages = [question, ...(await first.responseMessages), another];
    const second = streamText({ ...settings(model), messages });
    const deltas = await all(second.textStream);
    return {
      types: [...new Set(parts.map((part) => part.type))], texts: [await first.text, deltas.join("")], deltas,
      finish: await second.finishReason, errors: parts.filter((part) => part.type === "error"),
    };
  },

  async structures(model) {
    const output = Output.object({ schema: z.object({ color: z.string(), red: z.number() }) });
    const whole = await generateText({ model: openai.responses(model), prompt: "Orange?", output });
    const streamed = streamText({ model: openai.responses(model), prompt: "Orange?", output });
    const partial = await all(streamed.partialOutputStream);
    return { whole: whole.output, partial: partial.at(-1), streamed: await streamed.output };
  },

  async continues(model) {
    const first = await generateText({ ...settings(model), messages: [question] });
    const second = await generateText({ ...settings(model, { previousResponseId: idOf(first) }), messages: [another] });
    return { texts: [first.text, second.text] };
  },

  async converses(model) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${process.env.OPENAI_API_KEY}` };
    const created = await fetch(`${baseURL}/conversations`, { method: "POST", headers, body: "{}" });
    const { id: conversation } = await created.json();
    // With tools, the SDK would add its messages to the conversation once for each call.
    const talk = { ...settings(model, { conversation }), tools: {} };
    const first = await generateText({ ...talk, messages: [question] });
    const second = streamText({ ...talk, messages: [another] });
    return { texts: [first.text, await second.text] };
  },

  async refuses(model) {
    const describe = async (result) => {
      const { name, status, message } = await refusal(result);
      return { name, status, message };
    };
    const gone = { ...settings(model, { previousResponseId: "resp_unknown" }), messages: [another] };
    const errors = [];
    const stream = streamText({ ...gone, onError: ({ error }) => errors.push(error) });
    await all(stream.fullStream);
    return {
      unknown: await describe(generateText({ ...settings("unknown-model"), messages: [question] })),
      gone: await describe(generateText(gone)),
      streamed: { name: errors[0].constructor.name, status: errors[0].statusCode, code: errors[0].data.error.code, retryable: errors[0].isRetryable },
    };
  },
});
